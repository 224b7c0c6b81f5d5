import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** Root of this package, both from source and from `dist/`. */
export const packageDirectory: string = ownPackage()

/** @returns the nearest directory with a package.json, at or above the given one */
export function packageAbove(directory: string): string | undefined {
  if (existsSync(path.join(directory, 'package.json'))) return directory
  const parent = path.dirname(directory)
  return parent === directory ? undefined : packageAbove(parent)
}

function ownPackage(): string {
  const file = fileURLToPath(import.meta.url)
  const directory = packageAbove(path.dirname(file))
  if (directory === undefined) throw new Error(`mydocker: ${file} is in no package`)
  return directory
}

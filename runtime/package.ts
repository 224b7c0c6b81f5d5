import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** Root of this package: the nearest directory above with its package.json, both from source and from `dist/`. */
export const packageDirectory: string = findPackageDirectory(path.dirname(fileURLToPath(import.meta.url)))

function findPackageDirectory(directory: string): string {
  if (existsSync(path.join(directory, 'package.json'))) return directory
  return findPackageDirectory(path.dirname(directory))
}

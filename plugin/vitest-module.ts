import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { MydockerError } from '../runtime/errors.ts'

/** `package.json` has the same range as peerDependency. */
export const SUPPORTED = '^4.1.0 || ^5.1.0'

/** @param what of Vitest is missing or has another form, and where that is not plain from `version` */
export function unsupported(what: string, version?: string): MydockerError {
  return new MydockerError({
    stage: 'vitest',
    message: `${what} is missing or has another form${version === undefined ? '' : ` in Vitest ${version}`}`,
    hint: `Install a Vitest in the range ${SUPPORTED}, or a newer vitest-pool-mydocker.`,
  })
}

/**
 * Imports a module of the Vitest that the user has: tests, worker and main must share its modules.
 * @param distPath its `dist` directory
 * @param names functions and classes that the caller uses
 * @throws MydockerError when it lacks one of them
 */
export async function importOfVitest<Module extends object>(
  distPath: string,
  file: string,
  names: readonly (keyof Module & string)[],
): Promise<Module> {
  const path = join(distPath, file)
  const module: unknown = await import(pathToFileURL(path).href)
  if (hasFunctions<Module>(module, names)) return module
  throw unsupported(`one of ${names.join(', ')} in ${path}`)
}

function hasFunctions<Module extends object>(module: unknown, names: readonly string[]): module is Module {
  if (typeof module !== 'object' || module === null) return false
  return names.every((name) => typeof Reflect.get(module, name) === 'function')
}

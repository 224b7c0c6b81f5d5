import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { messageOf } from '../runtime/errors.ts'
import { viteEnvironment } from './builtin-environments.ts'
import { at, type RpcMethods } from './vitest.ts'

export interface WarmModules {
  /** What Node is to import, by the names that `warm` has for them. */
  readonly urls: ReadonlyMap<string, string>
  /** Why others are not among them. */
  readonly problems: readonly string[]
}

/**
 * Finds the modules that tests of a project mean by these names. Only what Node itself loads can be loaded ahead: what Vite
 * transforms is evaluated anew for every test file.
 */
export async function warmModules(
  names: readonly string[],
  root: string,
  environment: string,
  methods: RpcMethods,
): Promise<WarmModules> {
  const urls = new Map<string, string>()
  const problems: string[] = []
  const importer = join(root, 'mydocker-warm.js')
  for (const name of names) {
    const found = await externalUrl(name, importer, viteEnvironment(environment), methods)
    if (found.url === undefined) problems.push(`warm: '${name}' ${found.problem}`)
    else urls.set(name, found.url)
  }
  return { urls, problems }
}

async function externalUrl(
  name: string,
  importer: string,
  environment: string,
  methods: RpcMethods,
): Promise<{ url: string } | { url: undefined; problem: string }> {
  try {
    const resolved = await methods.resolve?.(name, importer, environment)
    const id = at(resolved, 'id')
    if (typeof id !== 'string') return { url: undefined, problem: 'cannot be found from the project; is it installed?' }
    const fetched = await methods.fetch?.(id, importer, environment)
    const external = at(fetched, 'externalize')
    if (typeof external !== 'string')
      return {
        url: undefined,
        problem: 'is transformed by Vite and evaluated by every test file; only packages that Node loads can be warmed',
      }
    return { url: external.startsWith('/') ? pathToFileURL(external).href : external }
  } catch (error) {
    return { url: undefined, problem: `cannot be loaded: ${messageOf(error)}` }
  }
}

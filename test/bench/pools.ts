import type { Files } from '../support/project.ts'
import type { Suite } from './suites.ts'

export const poolNames = [
  'forks',
  'threads',
  'vmThreads',
  'no-isolate',
  'mydocker-exec',
  'mydocker-zygote',
  'mydocker-warm',
] as const
export type PoolName = (typeof poolNames)[number]

/** What is compared: a Vitest configuration and arguments. */
export interface Pool {
  readonly name: PoolName
  /** Name of its configuration file, and its content. */
  readonly configFile: string
  readonly config: string
  readonly args: readonly string[]
}

const poolArgs: Readonly<Record<PoolName, readonly string[]>> = {
  forks: ['--pool=forks'],
  threads: ['--pool=threads'],
  vmThreads: ['--pool=vmThreads'],
  'no-isolate': ['--pool=forks', '--no-isolate'],
  'mydocker-exec': ['--pool=mydocker'],
  'mydocker-zygote': ['--pool=mydocker'],
  'mydocker-warm': ['--pool=mydocker'],
}

/** The pools of a suite that make sense for it: what has nothing to warm has no warm variant. */
export function poolsOf(suite: Suite, names: readonly PoolName[]): Pool[] {
  return names
    .filter((name) => name !== 'mydocker-warm' || suite.warm.length > 0)
    .map((name) => {
      const options = optionsOf(name, suite)
      const configFile = options === undefined ? 'builtin.config.ts' : `${name}.config.ts`
      return { name, configFile, config: configFor(suite, options), args: poolArgs[name] }
    })
}

/** The configuration files of some pools. */
export function configFiles(pools: readonly Pool[]): Files {
  return Object.fromEntries(pools.map(({ configFile, config }) => [configFile, config]))
}

/** What `mydocker(…)` gets; undefined for a configuration without it. */
function optionsOf(name: PoolName, { warm }: Suite): object | undefined {
  if (name === 'mydocker-exec') return { start: 'exec' }
  if (name === 'mydocker-zygote') return { start: 'zygote' }
  if (name === 'mydocker-warm') return { start: 'zygote', warm }
  return undefined
}

function configFor(suite: Suite, options: object | undefined): string {
  const test = `test: { ${suite.config} }`
  return options === undefined
    ? `
import { defineConfig } from 'vitest/config'

export default defineConfig({ ${test} })
`
    : `
import { defineConfig } from 'vitest/config'
import { mydocker } from 'vitest-pool-mydocker'

export default defineConfig({ plugins: [mydocker(${JSON.stringify(options)})], ${test} })
`
}

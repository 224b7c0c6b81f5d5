import type { Files } from './project.ts'
import { testStart } from './start.ts'

export interface ConfigParts {
  /** What `mydocker(…)` gets, as source. */
  readonly options?: string | undefined
  /** More of `test: { … }`, as source. */
  readonly test?: string | undefined
  /** More of the top level, as source. */
  readonly rest?: string | undefined
}

/** A `vitest.config.ts` that uses this package as its README tells. */
export function config({ options = '', test = '', rest = '' }: ConfigParts = {}): Files {
  return {
    'vitest.config.ts': `
      import { defineConfig } from 'vitest/config'
      import { mydocker } from 'vitest-pool-mydocker'

      export default defineConfig({
        plugins: [${plugin(options)}],
        test: { pool: 'mydocker', ${test} },
        ${rest}
      })
    `,
  }
}

/** The plugin as source. What MYDOCKER_TEST_START says is its `start`, where the options themselves say nothing of that. */
export function plugin(options = ''): string {
  if (testStart === undefined) return `mydocker(${options})`
  return `mydocker({ start: '${testStart}', ...(${options || '{}'}) })`
}

/** A config that is not of this directory, with the same default. */
export function withTestStart(source: string): string {
  return source.replaceAll(/\bmydocker\((.*)\)/g, (_call, options: string) => plugin(options))
}

import type { Files } from './project.ts'

export interface ConfigParts {
  /** What `mydocker(…)` gets, as source. */
  readonly options?: string | undefined
  /** More of `test: { … }`, as source. */
  readonly test?: string | undefined
  /** More of the top level, as source. */
  readonly rest?: string | undefined
}

/** How containers get their Node where a test does not say: every test is to hold for each way (test/run.sh). */
const start = process.env.MYDOCKER_TEST_START

/** A `vitest.config.ts` that uses this package as its README tells. */
export function config({ options = '', test = '', rest = '' }: ConfigParts = {}): Files {
  return {
    'vitest.config.ts': `
      import { defineConfig } from 'vitest/config'
      import { mydocker } from 'vitest-pool-mydocker'

      export default defineConfig({
        plugins: [mydocker(${start === undefined ? options : `{ start: '${start}', ...${options || '{}'} }`})],
        test: { pool: 'mydocker', ${test} },
        ${rest}
      })
    `,
  }
}

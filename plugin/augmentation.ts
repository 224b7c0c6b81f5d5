import type { PodOptions } from './options.ts'

declare module 'vitest/node' {
  interface InlineConfig {
    /** Options of vitest-pool-mydocker for the test files of this project; they win over those of the plugin. */
    mydocker?: PodOptions | undefined
  }
}

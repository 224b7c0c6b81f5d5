import type { PoolRunnerInitializer } from 'vitest/node'
import { POOL_NAME } from './names.ts'
import { PodWorker } from './pod-worker.ts'
import type { Run } from './run.ts'

/** What Vitest asks for workers of our pool: one object per Vitest instance. */
export function poolRunner(run: Run): PoolRunnerInitializer {
  return { name: POOL_NAME, createPoolWorker: (options) => new PodWorker(run, options) }
}

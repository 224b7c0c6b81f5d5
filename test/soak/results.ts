import * as v from 'valibot'
import { machineSchema } from '../support/machine.ts'

/** What a soak leaves: every sample, so that table and chart can be made again, and a summary that is small. */

const sample = v.object({
  phase: v.picklist(['pods', 'edits']),
  /** So far. */
  pods: v.number(),
  edits: v.number(),
  figures: v.record(v.string(), v.number()),
})
export type Sample = v.InferOutput<typeof sample>
export type Phase = Sample['phase']

const poolRun = v.object({
  pool: v.picklist(['mydocker', 'forks']),
  samples: v.array(sample),
  /** Re-runs that have not shown what they had to, and why it ended before its time. */
  failures: v.array(v.string()),
  complete: v.boolean(),
})
export type PoolRun = v.InferOutput<typeof poolRun>

const soaked = v.object({
  host: machineSchema,
  vitest: v.picklist(['4.1', '5.1']),
  node: v.number(),
  /** Test files of the project. */
  files: v.number(),
  mydocker: poolRun,
  /** Vitest's own pool, for comparison. */
  forks: v.optional(poolRun),
})
export type Soaked = v.InferOutput<typeof soaked>

/** @throws ValiError when it is not a file that a soak wrote with --samples */
export function parseSoaked(text: string): Soaked {
  return v.parse(soaked, JSON.parse(text))
}

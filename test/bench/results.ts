import * as v from 'valibot'

/** What a benchmark leaves: everything measured, so that tables and chart can be made from the file alone. */

const sample = v.object({ wallSeconds: v.number(), cpuSeconds: v.number() })
export type Sample = v.InferOutput<typeof sample>

const runs = v.object({
  suite: v.string(),
  files: v.number(),
  vitest: v.string(),
  node: v.string(),
  workers: v.union([v.number(), v.literal('default')]),
  pool: v.string(),
  samples: v.array(sample),
  /** Why there are no more of them. */
  error: v.optional(v.string()),
})
/** All runs of one pool in one setting. */
export type Runs = v.InferOutput<typeof runs>

const host = v.object({
  date: v.string(),
  cores: v.number(),
  cpu: v.string(),
  memoryBytes: v.number(),
  kernel: v.string(),
  /** Of one minute, when the benchmark began: figures of a busy machine are worth little. */
  load: v.number(),
})
export type Host = v.InferOutput<typeof host>

const results = v.object({ host, quick: v.boolean(), runs: v.array(runs) })
export type Results = v.InferOutput<typeof results>

/** @throws ValiError when it is not a file that this benchmark wrote */
export function parseResults(text: string): Results {
  return v.parse(results, JSON.parse(text))
}

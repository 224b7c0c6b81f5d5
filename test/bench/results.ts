import * as v from 'valibot'
import { machineSchema } from '../support/machine.ts'

/** What a benchmark leaves: everything measured, so that tables and chart can be made from the file alone. */

const sample = v.object({ wallSeconds: v.number(), cpuSeconds: v.number() })
/** One run of Vitest. */
export type Sample = v.InferOutput<typeof sample>

const residue = v.object({
  /** Gained in the middle half of the time that it ran. */
  growth: v.object({ descriptors: v.number(), processes: v.number(), cgroups: v.number() }),
  /** There after it and not before, one line each. */
  leftBehind: v.array(v.string()),
})
/** What a run of many files has piled up. */
export type Residue = v.InferOutput<typeof residue>

const runs = v.object({
  suite: v.string(),
  files: v.number(),
  vitest: v.string(),
  node: v.string(),
  workers: v.union([v.number(), v.literal('default')]),
  pool: v.string(),
  samples: v.array(sample),
  residues: v.optional(v.array(residue)),
  /** Why there are no more of them. */
  error: v.optional(v.string()),
})
/** All runs of one pool in one setting. */
export type Runs = v.InferOutput<typeof runs>

const starts = v.object({
  contender: v.string(),
  /** How many at a time. */
  concurrency: v.number(),
  /** From the request to the removal of everything, each. */
  milliseconds: v.array(v.number()),
  error: v.optional(v.string()),
})
/** Containers of /bin/true, one way. */
export type Starts = v.InferOutput<typeof starts>

const memory = v.object({
  vitest: v.string(),
  node: v.string(),
  pool: v.string(),
  /** Of Vitest and everything below it. */
  samples: v.array(v.object({ workers: v.number(), pssBytes: v.number() })),
  error: v.optional(v.string()),
})
/** What idling workers take. */
export type Memory = v.InferOutput<typeof memory>

const figures = v.object({ name: v.string(), median: v.number(), p95: v.number() })
const profile = v.object({
  suite: v.string(),
  vitest: v.string(),
  node: v.string(),
  workers: v.union([v.number(), v.literal('default')]),
  pool: v.string(),
  /** Pods that told of themselves. */
  pods: v.number(),
  /** Of what the pod is made, in milliseconds: while others run, for pods that are made ahead. */
  making: v.array(figures),
  /** In milliseconds, in the order in which they happen. */
  phases: v.array(figures),
  counters: v.array(figures),
  error: v.optional(v.string()),
})
/** Where a file's time goes. */
export type Profile = v.InferOutput<typeof profile>

const overcommit = v.object({
  vitest: v.string(),
  node: v.string(),
  files: v.number(),
  workers: v.number(),
  samples: v.array(sample),
  allocatableBytes: v.number(),
  /** The most that was requested at any moment by the files that ran. */
  mostBytes: v.number(),
  oomKills: v.number(),
  error: v.optional(v.string()),
})
/** Runs of a suite that does not fit at once. */
export type Overcommit = v.InferOutput<typeof overcommit>

const results = v.object({
  host: machineSchema,
  quick: v.boolean(),
  runs: v.array(runs),
  starts: v.array(starts),
  memory: v.array(memory),
  profiles: v.array(profile),
  overcommits: v.optional(v.array(overcommit), []),
})
export type Results = v.InferOutput<typeof results>

/** @throws ValiError when it is not a file that this benchmark wrote */
export function parseResults(text: string): Results {
  return v.parse(results, JSON.parse(text))
}

/** @throws ValiError when it is not what the driver of the containers writes */
export function parseStarts(text: string): Starts[] {
  return v.parse(v.array(starts), JSON.parse(text))
}

/**
 * What a sweep for flaky tests does and finds, as every report of it shows it. Plain data: bytes, millicores, milliseconds, and points in
 * time as milliseconds since the epoch. Its JSON is published as `schema/flaky-report.schema.json`.
 */
import type { FailureReason, HermeticFinding } from '../../runtime/status/types.ts'
import type { Clock } from '../messages.ts'

export type { Clock } from '../messages.ts'

/** What one run of a file was done under. With the same conditions everything that this pool decides is the same again. */
export interface RunConditions {
  /** Memory limit in bytes; absent: what the project's configuration says (`max`). */
  readonly memory?: number | undefined
  /** CPU limit in millicores; absent: what the project's configuration says (`max`). */
  readonly cpu?: number | undefined
  /** Of Math.random; absent: what the project's configuration says, random by default. */
  readonly seed?: number | undefined
  /** Seed of the order in which the tests of the file run (`sequence.seed`); absent: as they are defined. */
  readonly order?: number | undefined
  readonly clock?: Clock | undefined
}

/**
 * How a test came out in one run: `P`assed, `F`ailed, `S`kipped, `R`: passed when its `retry` ran it again, `-`: it was not reached (its
 * container died before it).
 */
export type Outcome = 'P' | 'F' | 'S' | 'R' | '-'

/** One run of a file, in a container of its own. */
export interface SweepRun {
  /** From 1, within its file. */
  readonly number: number
  readonly conditions: RunConditions
  /** `void`: it says nothing about the tests, e.g. its container could not be made; it is not counted. */
  readonly outcome: 'passed' | 'failed' | 'void'
  /** Of the container, when it failed. */
  readonly reason?: FailureReason | undefined
  /** The sentence of that. */
  readonly message?: string | undefined
  readonly startTime: number
  readonly duration: number
  readonly peakMemory?: number | undefined
  readonly cpuMicroseconds?: number | undefined
  /** Time in which it was not let run for its CPU limit. */
  readonly throttledMicroseconds?: number | undefined
  /** One letter for each test of the file, in the order of `SweepFile.tests`. */
  readonly outcomes: string
  /** Indices of the tests in the order in which they began, where it was not that of `SweepFile.tests`. */
  readonly sequence?: readonly number[] | undefined
  /** Of tests and, without `test`, of the file itself: it could not be collected, or a hook of it failed, or its container died. */
  readonly failures: readonly RunFailure[]
  readonly portsOpened?: readonly string[] | undefined
  readonly leftBehind?: readonly string[] | undefined
  readonly connectionsRefused?: readonly string[] | undefined
  readonly hermeticity?: readonly HermeticFinding[] | undefined
  /** The end of what it printed; of failed runs. */
  readonly log?: string | undefined
}

export interface RunFailure {
  /** Index of the test. */
  readonly test?: number | undefined
  /** Name of the error: `AssertionError`. */
  readonly name?: string | undefined
  readonly message: string
  /** Milliseconds that the test took until then. */
  readonly duration?: number | undefined
}

/** A test file and its runs: what plans and verdicts are made of. */
export interface SweepFile {
  /** Name of the Vitest project; empty for the only one. */
  readonly project: string
  /** Relative to the root of its project. */
  readonly file: string
  /** Full names (`suite > test`) in the order of their definition; ` (2)` is appended to the second of the same name. Empty until it was collected once. */
  readonly tests: readonly string[]
  readonly runs: readonly SweepRun[]
}

/** What was asked for. */
export interface SweepSettings {
  /** Runs after which a file is taken for stable when nothing has differed; and the most that it gets under one of the conditions that are compared. */
  readonly runs: number
  /** Limits that are tried, in bytes; null among them is `max`. Never empty. */
  readonly memory: readonly (number | null)[]
  /** In millicores. */
  readonly cpu: readonly (number | null)[]
  /** Whether the order of tests varies. */
  readonly shuffle: boolean
  /** Whether the clock and the time zone vary. */
  readonly varyClock: boolean
  /** Everything random is derived from it: the same seed makes the same plan. */
  readonly seed: number
  /** Fixed for every run (`--order`, `--clock`): how a failure is reproduced. */
  readonly order?: number | undefined
  readonly clock?: Clock | undefined
  /** Bound on the time of the whole sweep. */
  readonly budget?: number | undefined
}

export type Verdict =
  /** Passed in every run. */
  | 'stable-pass'
  /** Failed in every run. */
  | 'stable-fail'
  /** Both under the same conditions as far as they are ours. */
  | 'flaky'
  /** How often it fails depends on memory or CPU. */
  | 'resource-affected'
  /** Whether it fails depends on the order of the tests. */
  | 'order-dependent'
  /** Skipped, or never reached. */
  | 'not-run'

/** The likely cause, by what was seen. The names follow Luo et al. (FSE 2014) and Eck et al. (ESEC/FSE 2019) where they have one. */
export type Cause =
  | 'out-of-memory'
  | 'timeout-under-throttling'
  | 'async-wait'
  | 'port'
  | 'network'
  | 'order'
  | 'leaked-state'
  | 'time'
  | 'randomness'
  | 'io'
  | 'unknown'

/** A share with its confidence interval. */
export interface Rate {
  readonly failed: number
  readonly runs: number
  readonly estimate: number
  /** Bounds of the interval (Clopper–Pearson, 95 %). */
  readonly low: number
  readonly high: number
}

/** Failure rate under one combination of limits. */
export interface Cell extends Rate {
  readonly memory?: number | undefined
  readonly cpu?: number | undefined
}

/** Whether the failure rate depends on a resource. */
export interface ResourceEffect {
  readonly resource: 'memory' | 'cpu'
  /** What was compared: with at most this limit (`scarce`) against more (`ample`); undefined is `max`. */
  readonly limit: number
  readonly scarce: Rate
  readonly ample: Rate
  /** Failure rate when scarce less that when ample, with its confidence interval: the effect size. */
  readonly difference: { readonly estimate: number; readonly low: number; readonly high: number }
  readonly pValue: number
  /** Corrected for all tests of the sweep that could have shown an effect (Benjamini–Hochberg). */
  readonly adjustedPValue: number
  readonly method: string
}

/** One test, or without `test` what happens to the file as a whole. */
export interface TestFinding {
  readonly test?: number | undefined
  /** Full name of the test; of the file itself `(file)`. */
  readonly name: string
  readonly verdict: Verdict
  readonly cause?: Cause | undefined
  /** What was seen that speaks for verdict and cause: sentences for people. */
  readonly evidence: readonly string[]
  /** Over all runs that count. */
  readonly rate: Rate
  /** Only combinations that were tried. */
  readonly cells: readonly Cell[]
  readonly effects: readonly ResourceEffect[]
  /** For `order-dependent`: names of the tests before which, or without which before it, it fails. */
  readonly polluters?: readonly string[] | undefined
  /** Number of a run that failed, whose conditions reproduce the failure best. */
  readonly failingRun?: number | undefined
  /** The most frequent messages of its failures, with how often they were seen. */
  readonly messages: readonly { readonly message: string; readonly count: number }[]
}

/** The smallest limit at which a file passes. */
export interface MinimumMemory {
  readonly limit: number
  /** Runs that passed there, of as many; and what follows: with this confidence it fails in fewer than `failureRate` of runs. */
  readonly passed: number
  readonly runs: number
  readonly confidence: number
  readonly failureRate: number
  /** The largest limit that was found too small; absent when the smallest possible one is enough. */
  readonly tooSmall?: number | undefined
  /** What to set: with the margin. */
  readonly recommended: number
}

export interface FlakyFileReport extends SweepFile {
  readonly findings: readonly TestFinding[]
  readonly minimumMemory?: MinimumMemory | undefined
  /** Whether more runs would have been needed. */
  readonly open: boolean
}

export interface FlakyReport {
  readonly schemaVersion: 1
  readonly sweep: SweepInfo
  readonly files: readonly FlakyFileReport[]
}

export interface SweepInfo {
  /** Unique among the sweeps of a project. */
  readonly id: string
  readonly root: string
  readonly vitest: string
  readonly startTime: number
  /** Undefined while it goes on. */
  readonly endTime?: number | undefined
  readonly state: 'running' | 'completed' | 'interrupted' | 'out-of-time'
  readonly settings: SweepSettings
  readonly totalRuns: number
  /** Keys (`file > test`) that were quarantined by a list that was given. */
  readonly quarantined: readonly string[]
}

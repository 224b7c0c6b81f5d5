import { linearRegression, median, quantile } from 'simple-statistics'
import type { Memory, Results, Runs, Starts } from './results.ts'

/** Which runs of the results. */
export interface Setting {
  readonly suite: string
  readonly vitest: string
  readonly workers: Runs['workers']
  readonly pool: string
}

/** Median wall time in seconds; undefined where nothing was measured, here and below. */
export function medianWall(runs: Pick<Runs, 'samples'>): number | undefined {
  return medianOf(runs.samples.map(({ wallSeconds }) => wallSeconds))
}

export function medianCpu(runs: Runs): number | undefined {
  return medianOf(runs.samples.map(({ cpuSeconds }) => cpuSeconds))
}

export function wallOf(results: Results, setting: Setting): number | undefined {
  const found = find(results, setting)
  return found === undefined ? undefined : medianWall(found)
}

/** Whether it was to be measured, with whatever success. */
export function wasAsked(results: Results, setting: Setting): boolean {
  return find(results, setting) !== undefined
}

function find({ runs }: Results, setting: Setting): Runs | undefined {
  return runs.find(
    ({ suite, vitest, workers, pool }) =>
      suite === setting.suite && vitest === setting.vitest && workers === setting.workers && pool === setting.pool,
  )
}

/** Median wall time of one file, in seconds. */
export function wallPerFile(results: Results, setting: Setting): number | undefined {
  const files = results.runs.find(({ suite }) => suite === setting.suite)?.files
  const wall = wallOf(results, setting)
  return wall === undefined || files === undefined ? undefined : wall / files
}

/** In milliseconds. */
export function startTime(starts: Starts, portion: 0.5 | 0.95): number | undefined {
  return starts.milliseconds.length === 0 ? undefined : quantile(starts.milliseconds, portion)
}

/** What one more idling worker adds to the memory of the whole, in bytes: the slope over their number. */
export function bytesPerWorker({ samples }: Memory): number | undefined {
  const counts = new Set(samples.map(({ workers }) => workers))
  if (counts.size < 2) return undefined
  return linearRegression(samples.map(({ workers, pssBytes }) => [workers, pssBytes])).m
}

/** What Vitest and one worker take together, in bytes. */
export function bytesWithOne({ samples }: Memory): number | undefined {
  return medianOf(samples.filter(({ workers }) => workers === 1).map(({ pssBytes }) => pssBytes))
}

export function ratio(value: number | undefined, reference: number | undefined): number | undefined {
  return value === undefined || reference === undefined ? undefined : value / reference
}

function medianOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : median([...values])
}

import { median } from 'simple-statistics'
import type { Phase, PoolRun, Sample, Soaked } from './results.ts'
import { type Series, series } from './series.ts'

/** One series in one phase, and whether it is flat. */
export interface Row {
  readonly series: Series
  readonly phase: Phase
  /** Medians of the first and of the last quarter of the samples. */
  readonly start: number
  readonly end: number
  /** Between the two. */
  readonly pods: number
  readonly perThousand: number
  /** The same of `forks`; undefined where it does not matter. */
  readonly forksPerThousand: number | undefined
  /** For 1,000 pods too. */
  readonly bound: number
  readonly held: boolean
}

export const phases: readonly Phase[] = ['pods', 'edits']

/** Of the samples of a phase: caches fill, and code is compiled. */
const WARM_UP = 0.1

/** One in each quarter. */
const FEWEST_SAMPLES = 4

/** A row for each series that could be measured, phase by phase. */
export function verdict({ mydocker, forks }: Soaked): Row[] {
  return phases.flatMap((phase) => series.flatMap((each) => rowOf(each, phase, mydocker, forks)))
}

/** Whether all of it was run, each re-run has shown what it had to, and nothing has piled up. */
export function isFlat({ mydocker, forks }: Soaked, rows: readonly Row[]): boolean {
  const runs = [mydocker, ...(forks === undefined ? [] : [forks])]
  const isSound = runs.every(({ complete, failures }) => complete && failures.length === 0)
  return isSound && rows.length > 0 && rows.every(({ held }) => held)
}

function rowOf(each: Series, phase: Phase, mydocker: PoolRun, forks: PoolRun | undefined): Row[] {
  const ours = growthOf(each, phase, mydocker, each.warmUpPods)
  if (ours === undefined) return []
  const theirs = each.bound.aboveForks && forks !== undefined ? growthOf(each, phase, forks, 0) : undefined
  // Where the peer has gained nothing, or lost something, that is no debt of ours.
  const once = (each.bound.once / ours.pods) * 1000
  const bound = each.bound.perThousand + once + Math.max(0, theirs?.perThousand ?? 0)
  const forksPerThousand = theirs?.perThousand
  return [{ series: each, phase, ...ours, forksPerThousand, bound, held: ours.perThousand <= bound }]
}

/** Medians, not a line through all: one that is high for a moment, as somebody else uses the machine, does not turn it. */
function growthOf(
  { name }: Series,
  phase: Phase,
  { samples }: PoolRun,
  warmUpPods = 0,
): Pick<Row, 'start' | 'end' | 'pods' | 'perThousand'> | undefined {
  const all = samples.filter((sample) => sample.phase === phase && sample.figures[name] !== undefined)
  const steady = all.slice(Math.ceil(all.length * WARM_UP)).filter(({ pods }) => pods > warmUpPods)
  if (steady.length < FEWEST_SAMPLES) return undefined
  const quarter = Math.ceil(steady.length / 4)
  const [first, last] = [steady.slice(0, quarter), steady.slice(-quarter)]
  const middle = (part: readonly Sample[], figure: (sample: Sample) => number) => median(part.map(figure))
  const value = ({ figures }: Sample) => figures[name] ?? 0
  const [start, end] = [middle(first, value), middle(last, value)]
  const pods = middle(last, (sample) => sample.pods) - middle(first, (sample) => sample.pods)
  return { start, end, pods, perThousand: ((end - start) / pods) * 1000 }
}

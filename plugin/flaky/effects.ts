import { scale } from './plan.ts'
import { difference, fisherExact, rate } from './statistics.ts'
import { grouped, isPlain, type Sighting, type Subject } from './subjects.ts'
import type { Cell, Rate, ResourceEffect, SweepSettings } from './types.ts'

/** Fewer on a side tell nothing. */
const LEAST_RUNS = 3

/** Where the runs of a test are divided into those with little of a resource and those with more, so that its failure rates differ most. */
export interface Split
  extends Pick<ResourceEffect, 'resource' | 'limit' | 'scarce' | 'ample' | 'difference' | 'method'> {
  /** Corrected for having chosen among several splits. */
  readonly pValue: number
  /** The least that it could have been, with as many failures in as many runs; corrected likewise. */
  readonly leastPValue: number
}

/** @returns undefined where there is nothing to compare */
export function bestSplit(subject: Subject, resource: 'memory' | 'cpu', settings: SweepSettings): Split | undefined {
  const limits = scale(settings[resource]).filter((limit) => limit !== null)
  const splits = limits.flatMap((limit) => splitAt(subject, resource, limit, settings))
  const [best] = splits.toSorted((a, b) => a.pValue - b.pValue)
  if (best === undefined) return undefined
  const leastPValue = Math.min(...splits.map((split) => split.leastPValue))
  const corrected = (pValue: number): number => Math.min(1, pValue * splits.length)
  return { ...best, pValue: corrected(best.pValue), leastPValue: corrected(leastPValue) }
}

function splitAt(subject: Subject, resource: 'memory' | 'cpu', limit: number, settings: SweepSettings): Split[] {
  const runs = comparable(subject, resource, settings)
  const isScarce = ({ run }: Sighting): boolean => (run.conditions[resource] ?? Number.POSITIVE_INFINITY) <= limit
  const scarce = rateOf(runs.filter(isScarce))
  const ample = rateOf(runs.filter((each) => !isScarce(each)))
  if (scarce.runs < LEAST_RUNS || ample.runs < LEAST_RUNS) return []
  return [
    {
      ...{ resource, limit, scarce, ample, difference: difference(scarce, ample), method: "Fisher's exact test" },
      pValue: fisherExact(scarce, ample),
      leastPValue: Math.min(allWithin(scarce, ample), allWithin(ample, scarce)),
    },
  ]
}

/** The p-value if as many of the failures as possible had been on one side. */
function allWithin(side: Rate, other: Rate): number {
  const failed = side.failed + other.failed
  const within = Math.min(failed, side.runs)
  return fisherExact({ failed: within, runs: side.runs }, { failed: failed - within, runs: other.runs })
}

/**
 * Runs that differ by nothing else in a way that could pass for it: with enough of the other resource, and of those that follow something up
 * only those in the ordinary order at the ordinary time, for the others were chosen because of how they came out.
 */
function comparable({ seen }: Subject, resource: 'memory' | 'cpu', settings: SweepSettings): Sighting[] {
  const other = resource === 'memory' ? 'cpu' : 'memory'
  const most = scale(settings[other]).at(-1) ?? undefined
  return seen.filter(({ run }) => run.conditions[other] === most && (run.number <= settings.runs || isPlain(run)))
}

export function rateOf(sightings: readonly Sighting[]): Rate {
  return rate(sightings.filter(({ failed }) => failed).length, sightings.length)
}

/** Failure rates under each combination of limits that was tried. */
export function cellsOf({ seen }: Subject): Cell[] {
  const cells = grouped(seen, ({ run: { conditions } }) => JSON.stringify([conditions.memory, conditions.cpu]))
  return cells.map((sightings) => {
    const { memory, cpu } = sightings[0]?.run.conditions ?? {}
    return { memory, cpu, ...rateOf(sightings) }
  })
}

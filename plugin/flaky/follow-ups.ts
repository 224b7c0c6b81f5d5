import { isDeepStrictEqual } from 'node:util'
import { bestSplit, rateOf } from './effects.ts'
import { orderOf } from './order.ts'
import { scale } from './plan.ts'
import { randomOf } from './seeds.ts'
import type { Sighting, Subject } from './subjects.ts'
import type { Rate, RunConditions, SweepFile, SweepSettings } from './types.ts'

/** Runs under one combination of conditions that show whether it decides: by chance a coin falls the same way four times in 1 of 8 cases. */
const ENOUGH = 4
/** Where nothing is varied, which is what others are compared with. */
const ENOUGH_PLAIN = 6
/** A difference that may be one, and is worth more runs. */
const SUSPICIOUS = 0.25
/** A difference that stands the correction for many tests. */
const CLEAR = 1e-4

/** @returns runs that are still needed to tell what the outcome of a test that has differed depends on */
export function followUps(subject: Subject, file: SweepFile, settings: SweepSettings): RunConditions[] {
  const failure = clearestFailure(subject)
  if (failure === undefined) return []
  const fresh = freshSeeds(file, settings)
  const plain: RunConditions = { ...ample(settings), order: settings.order, clock: settings.clock }
  const wanted = [
    ...missing(file, failure, ENOUGH),
    ...resets(failure, plain).flatMap((conditions) => missing(file, withoutSeed(conditions), ENOUGH)),
    ...missing(file, withoutSeed(failure), ENOUGH + 1),
    ...missing(file, plain, ENOUGH_PLAIN),
  ]
  const all =
    wanted.length > 0
      ? wanted
      : [...moreOfResources(subject, settings, plain), ...moreOrders(subject, file, settings, plain)]
  return all.map((conditions) => ({ ...conditions, seed: conditions.seed ?? fresh() }))
}

/** The conditions of a run that failed, with as little out of the ordinary as possible; most likely what all of such runs have. */
export function clearestFailure(subject: Subject): RunConditions | undefined {
  const failures = subject.seen.filter(({ failed }) => failed).map(({ run }) => run.conditions)
  const share = (conditions: RunConditions): number => rateUnder(subject, withoutSeed(conditions)).estimate
  return failures.toSorted((a, b) => oddities(a) - oddities(b) || share(b) - share(a))[0]
}

/** How many conditions are not as ever. */
export function oddities({ memory, cpu, order, clock }: RunConditions): number {
  return [memory, cpu, order, clock].filter((each) => each !== undefined).length
}

/** The same conditions, each time with one of them as ever. */
function resets(conditions: RunConditions, plain: RunConditions): RunConditions[] {
  const factors = ['memory', 'cpu', 'order', 'clock'] as const
  return factors
    .filter((factor) => !isDeepStrictEqual(conditions[factor], plain[factor]))
    .map((factor) => ({ ...conditions, [factor]: plain[factor] }))
}

/** Runs in which the test was not reached count too: it would not be the next time. */
function missing({ runs }: SweepFile, conditions: RunConditions, needed: number): RunConditions[] {
  const there = runs.filter((run) => run.outcome !== 'void' && matches(run.conditions, conditions)).length
  return new Array<RunConditions>(Math.max(0, needed - there)).fill(conditions)
}

/** A difference between scarce and ample that is neither clear nor none: one more run on each side. */
function moreOfResources(subject: Subject, settings: SweepSettings, plain: RunConditions): RunConditions[] {
  return (['memory', 'cpu'] as const).flatMap((resource) => {
    const split = bestSplit(subject, resource, settings)
    if (split === undefined || split.pValue > SUSPICIOUS || split.pValue < CLEAR) return []
    if (Math.max(split.scarce.runs, split.ample.runs) >= 2 * settings.runs) return []
    const scarcest = scale(settings[resource])[0] ?? undefined
    return [{ ...plain, [resource]: scarcest }, plain]
  })
}

/** Where it fails in other orders only, enough of them to tell which test has to be before it, or must not be. */
function moreOrders(subject: Subject, file: SweepFile, settings: SweepSettings, plain: RunConditions): RunConditions[] {
  const shuffled = subject.seen.filter(({ run }) => run.conditions.order !== undefined)
  const order = orderOf(subject, file)
  if (order === undefined || order.relations.length === 1 || orders(shuffled) >= settings.runs) return []
  const number = randomOf(settings.seed, file, `more orders ${file.runs.length}`)
  return [{ ...plain, order: number }]
}

function orders(sightings: readonly Sighting[]): number {
  return new Set(sightings.map(({ run }) => run.conditions.order)).size
}

/** @param wanted without a seed: whatever the seed */
export function rateUnder({ seen }: Subject, wanted: RunConditions): Rate {
  return rateOf(seen.filter(({ run }) => matches(run.conditions, wanted)))
}

/** Whatever has no seed matches any. */
export function matches(conditions: RunConditions, wanted: RunConditions): boolean {
  const { memory, cpu, seed, order, clock } = conditions
  return (
    (wanted.seed === undefined || seed === wanted.seed) &&
    memory === wanted.memory &&
    cpu === wanted.cpu &&
    order === wanted.order &&
    clock?.start === wanted.clock?.start &&
    clock?.timeZone === wanted.clock?.timeZone
  )
}

export function withoutSeed({ memory, cpu, order, clock }: RunConditions): RunConditions {
  return { memory, cpu, order, clock }
}

function ample(settings: SweepSettings): Pick<RunConditions, 'memory' | 'cpu'> {
  return { memory: scale(settings.memory).at(-1) ?? undefined, cpu: scale(settings.cpu).at(-1) ?? undefined }
}

function freshSeeds(file: SweepFile, settings: SweepSettings): () => number {
  let count = 0
  return () => randomOf(settings.seed, file, `follow-up ${file.runs.length} ${count++}`)
}

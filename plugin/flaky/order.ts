import { rateOf } from './effects.ts'
import { fisherExact } from './statistics.ts'
import { grouped, isKilled, LEAST_REPEATS, type Sighting, type Subject } from './subjects.ts'
import type { SweepFile } from './types.ts'

/** Orders in which it failed and passed, each: by chance a test is before another one in all of them and after it in none in 1 of 64 cases. */
const LEAST_ORDERS = 3
/** Of failing in other orders only by chance: then it is taken for certain, or for likely. */
const CERTAIN = 0.005
const LIKELY = 0.05

/** How the outcome of a test depends on the order. */
export interface OrderDependence {
  /** Tests of which it matters whether they ran before; all that fit what was seen. */
  readonly relations: readonly Relation[]
}

export interface Relation {
  readonly name: string
  /** `polluter`: it fails after that test; `setter`: it fails unless after that test. */
  readonly kind: 'polluter' | 'setter'
}

/**
 * By the rule of W. Lam et al. (iDFlakies, ICST 2019): in the order of its definition it always passes, in another order it always fails. Where
 * no order was repeated, failures in many others do. A test that has failed exactly when another one was before it, or was not, depends on that.
 * @returns undefined when it does not depend on the order, as far as is known
 */
export function orderOf(subject: Subject, file: SweepFile): OrderDependence | undefined {
  const { test } = subject
  const runs = failingInOtherOrders(subject)
  if (test === undefined || runs === undefined || hasMixedOrder(runs.shuffled)) return undefined
  const relations = relationsOf(test, [...runs.defined, ...runs.shuffled], file)
  const depends = relations.length > 0 || hasRepeatedOrder(runs.shuffled) || chance(runs) <= CERTAIN
  return depends ? { relations } : undefined
}

/** Whether it has failed in other orders only, too often for mere chance. */
export function isOrderLikely(subject: Subject): boolean {
  const runs = failingInOtherOrders(subject)
  return runs !== undefined && chance(runs) <= LIKELY
}

/** What a test has shown in the order of its definition, and in others. */
export interface RunsByOrder {
  readonly defined: readonly Sighting[]
  readonly shuffled: readonly Sighting[]
}

/** Runs in which its container was killed say nothing about orders. */
export function runsByOrder({ seen }: Subject): RunsByOrder {
  const counted = seen.filter(({ run, failed }) => !failed || !isKilled(run))
  return {
    defined: counted.filter(({ run }) => run.conditions.order === undefined),
    shuffled: counted.filter(({ run }) => run.conditions.order !== undefined),
  }
}

/** @returns undefined unless it failed, and in other orders only */
function failingInOtherOrders(subject: Subject): RunsByOrder | undefined {
  const { defined, shuffled } = runsByOrder(subject)
  if (defined.length < LEAST_REPEATS || defined.some(({ failed }) => failed)) return undefined
  return shuffled.some(({ failed }) => failed) ? { defined, shuffled } : undefined
}

function chance({ defined, shuffled }: RunsByOrder): number {
  return fisherExact(rateOf(defined), rateOf(shuffled))
}

function relationsOf(test: number, seen: readonly Sighting[], { tests }: SweepFile): Relation[] {
  if (distinctOrders(seen, true) < LEAST_ORDERS) return []
  return tests.flatMap((name, other): Relation[] => {
    if (other === test) return []
    const agree = (kind: Relation['kind']): boolean =>
      seen.every((each) => ((kind === 'polluter') === isBefore(other, test, each)) === each.failed)
    if (agree('polluter')) return [{ name, kind: 'polluter' }]
    return agree('setter') ? [{ name, kind: 'setter' }] : []
  })
}

/** An order that made it fail each time, with different seeds of everything else. */
function hasRepeatedOrder(shuffled: readonly Sighting[]): boolean {
  return byOrder(shuffled).some((group) => group.length >= LEAST_REPEATS && group.every(({ failed }) => failed))
}

/** One in which it has both passed and failed: then something else decides. */
function hasMixedOrder(shuffled: readonly Sighting[]): boolean {
  return byOrder(shuffled).some((group) => new Set(group.map(({ failed }) => failed)).size > 1)
}

function byOrder(shuffled: readonly Sighting[]): Sighting[][] {
  return grouped(shuffled, ({ run }) => String(run.conditions.order))
}

function distinctOrders(seen: readonly Sighting[], failed: boolean): number {
  return new Set(seen.filter((each) => each.failed === failed).map(({ run }) => run.conditions.order)).size
}

/** Tests run as they are defined where nothing else is known. */
function isBefore(other: number, test: number, { run: { sequence } }: Sighting): boolean {
  if (sequence === undefined) return other < test
  const [place, own] = [sequence.indexOf(other), sequence.indexOf(test)]
  return place >= 0 && place < own
}

import type { Sighting, Subject } from './subjects.ts'
import type { SweepFile } from './types.ts'

/** Orders in which it failed and passed, each: by chance a test is before another one in all of them and after it in none in 1 of 64 cases. */
const LEAST_ORDERS = 3
/** Runs in one order that all came out the same. */
const LEAST_REPEATS = 3

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
 * By the rule of W. Lam et al. (iDFlakies, ICST 2019): in the order of its definition it always passes, in another order it always fails. A test
 * that has failed exactly when another one was before it, or was not, depends on that.
 * @returns undefined when it does not depend on the order, as far as is known
 */
export function orderOf(subject: Subject, file: SweepFile): OrderDependence | undefined {
  const { seen, test } = subject
  if (test === undefined) return undefined
  const defined = seen.filter(({ run }) => run.conditions.order === undefined)
  const shuffled = seen.filter(({ run }) => run.conditions.order !== undefined)
  if (defined.length < LEAST_REPEATS || defined.some(({ failed }) => failed)) return undefined
  if (!shuffled.some(({ failed }) => failed)) return undefined
  const relations = relationsOf(test, seen, file)
  return relations.length > 0 || hasRepeatedOrder(shuffled) ? { relations } : undefined
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
  const byOrder = new Map<number | undefined, Sighting[]>()
  for (const each of shuffled)
    byOrder.set(each.run.conditions.order, [...(byOrder.get(each.run.conditions.order) ?? []), each])
  const all = [...byOrder.values()]
  const isMixed = all.some((group) => new Set(group.map(({ failed }) => failed)).size > 1)
  return !isMixed && all.some((group) => group.length >= LEAST_REPEATS && group.every(({ failed }) => failed))
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

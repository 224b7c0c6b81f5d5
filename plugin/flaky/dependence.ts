import { matches, withoutSeed } from './follow-ups.ts'
import { isOrderLikely, type OrderDependence, orderOf } from './order.ts'
import { grouped, LEAST_REPEATS, type Subject } from './subjects.ts'
import type { RunConditions, SweepFile } from './types.ts'

/** What else than resources the outcome of a test depends on, as far as is known. */
export interface Dependence {
  readonly order: OrderDependence | undefined
  /** It has failed in other orders only, too often for mere chance, but perhaps not so often that it is certain. */
  readonly isOrderLikely: boolean
  /** It fails at some times of day, each time, and never at the machine's. */
  readonly isTimed: boolean
  /** Conditions under which one seed of Math.random makes it fail each time, and others do not. */
  readonly seeded: RunConditions | undefined
}

export function dependenceOf(subject: Subject, file: SweepFile): Dependence {
  return {
    order: orderOf(subject, file),
    isOrderLikely: isOrderLikely(subject),
    isTimed: isTimed(subject),
    seeded: seededFailure(subject),
  }
}

function isTimed({ seen }: Subject): boolean {
  const ordinary = seen.filter(({ run }) => run.conditions.clock === undefined)
  if (ordinary.length < LEAST_REPEATS || ordinary.some(({ failed }) => failed)) return false
  const byClock = grouped(seen, ({ run }) => JSON.stringify(run.conditions.clock))
  return byClock.some((group) => group.length >= LEAST_REPEATS && group.every(({ failed }) => failed))
}

function seededFailure({ seen }: Subject): RunConditions | undefined {
  const alike = grouped(seen, ({ run }) => JSON.stringify(withoutSeed(run.conditions)))
  for (const group of alike) {
    const bySeed = grouped(group, ({ run }) => String(run.conditions.seed))
    const isMixed = bySeed.some((same) => new Set(same.map(({ failed }) => failed)).size > 1)
    const [failing] = bySeed.filter((same) => same.length >= LEAST_REPEATS && same.every(({ failed }) => failed))
    const conditions = failing?.[0]?.run.conditions
    if (isMixed || conditions === undefined) continue
    const passes = group.filter(({ run, failed }) => !failed && !matches(run.conditions, conditions))
    if (passes.length >= LEAST_REPEATS) return conditions
  }
  return undefined
}

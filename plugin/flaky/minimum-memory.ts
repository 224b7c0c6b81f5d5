import type { Bytes } from '../../runtime/units.ts'
import { LEAST_MEMORY } from '../option-resources.ts'
import type { MinimumMemory } from './types.ts'

const MIB: Bytes = 2 ** 20
/** Finer than what a garbage collector varies by says nothing. */
const RESOLUTION: Bytes = 4 * MIB
const ROUND_UP_TO: Bytes = 8 * MIB
const MARGIN = 1.25
const CONFIDENCE = 0.95
const FAILURE_RATE = 0.1
/** Runs that a limit has to stand before the next smaller one is tried. One failure is enough to go up again. */
const PASSES_ON_THE_WAY = 3
/** Runs at once under one limit. */
const BATCH = 2
/** Batches of which nothing is known, one after the other: then it will not get better. */
const MOST_VOID = 3

export interface MemoryProbe {
  /** Runs the file once under this limit. @returns whether it passed; undefined when that is not known */
  probe(limit: Bytes): Promise<boolean | undefined>
  /** The largest limit that is worth trying: what the file has now. */
  readonly to: Bytes
  /** What it has needed at most, as far as that is known: the search begins there. */
  readonly hint?: Bytes | undefined
}

/**
 * Finds the smallest memory limit at which a file passes, by bisection: on the way a limit has to stand a few runs, at the end as many as
 * it takes to say with 95 % confidence that the file fails in fewer than 10 % of runs (n passes without a failure: 1 - 0.9^n). A limit that
 * does not stand the end was too small, and the search goes on above it.
 * @returns undefined for a file that does not pass with `to` either: then memory is not what it lacks
 */
export async function findMinimumMemory({ probe, to, hint = 0 }: MemoryProbe): Promise<MinimumMemory | undefined> {
  const needed = Math.ceil(Math.log(1 - CONFIDENCE) / Math.log(1 - FAILURE_RATE))
  const search = new Bisection(up(LEAST_MEMORY, RESOLUTION), down(to, RESOLUTION), up(hint, RESOLUTION))
  for (;;) {
    const limit = search.next
    if (limit === undefined) return undefined
    const isLast = search.isNarrow
    const passes = await runs(probe, limit, isLast ? needed : PASSES_ON_THE_WAY)
    if (passes === undefined) return undefined
    search.record(limit, passes)
    if (!isLast || !passes) continue
    return {
      limit,
      passed: needed,
      runs: needed,
      confidence: CONFIDENCE,
      failureRate: FAILURE_RATE,
      tooSmall: search.tooSmall,
      recommended: Math.min(to, up(limit * MARGIN, ROUND_UP_TO)),
    }
  }
}

/** What is known of limits, in steps of the resolution. */
class Bisection {
  readonly #from: Bytes
  readonly #to: Bytes
  #hint: Bytes | undefined
  tooSmall: Bytes | undefined
  #enough: Bytes | undefined

  constructor(from: Bytes, to: Bytes, hint: Bytes) {
    this.#from = from
    this.#to = Math.max(from, to)
    this.#hint = hint > from && hint < this.#to ? hint : undefined
  }

  /** Whether only one limit is left that may be the smallest. */
  get isNarrow(): boolean {
    const next = this.next
    return next !== undefined && next === this.#enough
  }

  /** The limit to try; undefined when none is enough. */
  get next(): Bytes | undefined {
    const low = this.tooSmall ?? this.#from - RESOLUTION
    if (this.#enough === undefined) return this.#first(low)
    if (this.#enough - low <= RESOLUTION) return this.#enough
    return low + up((this.#enough - low) / 2, RESOLUTION)
  }

  record(limit: Bytes, passes: boolean): void {
    this.#hint = undefined
    if (passes) {
      this.#enough = limit
      return
    }
    this.tooSmall = limit
    if (this.#enough !== undefined && this.#enough <= limit) this.#enough = undefined
  }

  /** Where nothing is known to be enough: first what the file has used, then twice as much each time. */
  #first(low: Bytes): Bytes | undefined {
    if (low >= this.#to) return undefined
    if (this.#hint !== undefined && this.#hint > low) return this.#hint
    return this.tooSmall === undefined ? this.#from : Math.min(this.#to, this.tooSmall * 2)
  }
}

/** @returns whether the file has passed as often; undefined when nothing is known of it */
async function runs(probe: MemoryProbe['probe'], limit: Bytes, count: number): Promise<boolean | undefined> {
  let voidBatches = 0
  for (let passed = 0; passed < count; ) {
    const batch = Array.from({ length: Math.min(BATCH, count - passed) }, () => probe(limit))
    const outcomes = await Promise.all(batch)
    if (outcomes.includes(false)) return false
    passed += outcomes.filter((outcome) => outcome === true).length
    voidBatches = outcomes.every((outcome) => outcome === undefined) ? voidBatches + 1 : 0
    if (voidBatches >= MOST_VOID) return undefined
  }
  return true
}

function up(bytes: Bytes, step: Bytes): Bytes {
  return Math.ceil(bytes / step) * step
}

function down(bytes: Bytes, step: Bytes): Bytes {
  return Math.floor(bytes / step) * step
}

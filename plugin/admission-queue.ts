import type { Queue, QueueAddOptions } from 'p-queue'
import type { Amounts, NodeResources } from './node-resources.ts'

/** A pod that waits for its turn. */
export interface Ticket {
  readonly requests: Amounts
  /** How many pods that came later have been admitted before it. */
  overtaken: number
  /** Whether what it requests has been reserved. */
  reserved: boolean
}

export interface AdmissionOptions extends QueueAddOptions {
  readonly ticket: Ticket
}

type Run = () => Promise<unknown>

/**
 * After so many, what is free is kept for the one that waits. Small files fill the gaps around a big one in the meantime; more would
 * only delay the file that is likely to be the last one to end.
 */
export const MOST_OVERTAKES = 4

/**
 * What p-queue takes its next task from. In the order in which they came, but one that does not fit is overtaken by those that do
 * (backfilling), up to a bound: nobody starves. Taking one out reserves what it requests.
 */
export class AdmissionQueue implements Queue<Run, AdmissionOptions> {
  readonly #node: NodeResources
  #waiting: { readonly run: Run; readonly id: string | undefined; readonly ticket: Ticket }[] = []

  constructor(node: NodeResources) {
    this.#node = node
  }

  /** Zero while nobody can be admitted: p-queue starts whatever is in a queue that is not empty. */
  get size(): number {
    return this.#next() < 0 ? 0 : this.#waiting.length
  }

  enqueue(run: Run, options?: Partial<AdmissionOptions>): void {
    if (options?.ticket === undefined) throw new TypeError('a pod without requests cannot be admitted')
    this.#waiting.push({ run, id: options.id, ticket: options.ticket })
  }

  dequeue(): Run | undefined {
    const index = this.#next()
    const [taken] = index < 0 ? [] : this.#waiting.splice(index, 1)
    if (taken === undefined) return undefined
    for (const { ticket } of this.#waiting.slice(0, index)) ticket.overtaken++
    this.#node.reserve(taken.ticket.requests)
    taken.ticket.reserved = true
    return taken.run
  }

  remove(id: string): void {
    this.#waiting = this.#waiting.filter((each) => each.id !== id)
  }

  filter(): Run[] {
    return this.#waiting.map(({ run }) => run)
  }

  /** The order is given by who came first and what fits. */
  setPriority(): void {}

  /** @returns the index of the one whose turn it is, or -1 */
  #next(): number {
    for (const [index, { ticket }] of this.#waiting.entries()) {
      if (this.#node.fits(ticket.requests)) return index
      if (ticket.overtaken >= MOST_OVERTAKES) return -1
    }
    return -1
  }
}

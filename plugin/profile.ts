import { appendFileSync } from 'node:fs'
import type { Milliseconds } from '../runtime/units.ts'

/** Name of a file; one line of JSON is added to it for each pod. */
const PROFILE_VARIABLE = 'MYDOCKER_PROFILE'

/** What a pod has behind it, in this order. */
export type Milestone = 'container' | 'environment' | 'setup' | 'collection' | 'tests' | 'teardown' | 'exit' | 'removal'

/**
 * Where a file's time goes: how long a pod took to each milestone since the one before, as Vitest's main process sees it. Does nothing
 * unless MYDOCKER_PROFILE is set.
 */
export class Profile {
  readonly #file = process.env[PROFILE_VARIABLE]
  readonly #phases: Partial<Record<Milestone, Milliseconds>> = {}
  #last = performance.now()

  reach(milestone: Milestone): void {
    if (this.#file === undefined) return
    const now = performance.now()
    // Of several files in one pod, the sum.
    this.#phases[milestone] = (this.#phases[milestone] ?? 0) + (now - this.#last)
    this.#last = now
  }

  /** @param counters what is told beside the times */
  write(file: string, counters: Readonly<Record<string, number | undefined>>): void {
    if (this.#file === undefined) return
    appendFileSync(this.#file, `${JSON.stringify({ file, phases: this.#phases, ...counters })}\n`)
  }
}

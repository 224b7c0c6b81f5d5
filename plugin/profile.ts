import { appendFileSync } from 'node:fs'
import type { ContainerStatus } from '../runtime/spec.ts'
import type { Milliseconds } from '../runtime/units.ts'
import type { Requests } from './unschedulable.ts'

/** Name of a file; one line of JSON is added to it for each pod. */
const PROFILE_VARIABLE = 'MYDOCKER_PROFILE'

/** What a pod has behind it, in this order. */
export type Milestone =
  | 'admission'
  | 'container'
  | 'environment'
  | 'setup'
  | 'collection'
  | 'tests'
  | 'teardown'
  | 'exit'
  | 'removal'

/** What of the node a pod held, and when, in milliseconds since the epoch. */
export interface Held extends Requests {
  readonly pendingTime: number
  readonly admittedTime: number
}

export function isProfiling(): boolean {
  return process.env[PROFILE_VARIABLE] !== undefined
}

/**
 * Where a file's time goes: how long a pod took to each milestone since the one before, as Vitest's main process sees it. Does nothing
 * unless MYDOCKER_PROFILE is set.
 */
export class Profile {
  readonly #file = process.env[PROFILE_VARIABLE]
  readonly #phases: Partial<Record<Milestone, Milliseconds>> = {}
  readonly #asked = new Map<string, Milliseconds>()
  #rpc: Milliseconds = 0
  #last = performance.now()

  reach(milestone: Milestone): void {
    if (this.#file === undefined) return
    const now = performance.now()
    // Of several files in one pod, the sum.
    this.#phases[milestone] = (this.#phases[milestone] ?? 0) + (now - this.#last)
    this.#last = now
  }

  /** The worker wants an answer of Vitest. */
  asked(id: string): void {
    if (this.#file !== undefined) this.#asked.set(id, performance.now())
  }

  answered(id: string): void {
    this.#rpc += performance.now() - (this.#asked.get(id) ?? performance.now())
    this.#asked.delete(id)
  }

  /** Of what the pod was made in which time: that is before its file is known, or a part of `container`. */
  write(file: string, { timings, cpuMicroseconds, pageFaults }: ContainerStatus, held: Held): void {
    if (this.#file === undefined) return
    const scheduling = { ...held, releasedTime: Date.now() }
    // Several may be asked at once: then it is more than the time that passes.
    const counters = { 'waiting for Vitest': this.#rpc, cpuMicroseconds, pageFaults }
    appendFileSync(
      this.#file,
      `${JSON.stringify({ file, making: timings, phases: this.#phases, scheduling, ...counters })}\n`,
    )
  }
}

import type { Event } from '../runtime/event.ts'
import type { NodeInfo, RunInfo, RunReport } from '../runtime/status/types.ts'
import { EventLog } from './event-log.ts'
import { type PodIdentity, PodRecord } from './pod-record.ts'

/** Notes what happens in one run of Vitest: in watch mode there is one after the other. */
export class RunRecord {
  readonly #info: Omit<RunInfo, 'endTime'>
  readonly #node: NodeInfo
  readonly #pods: PodRecord[] = []
  readonly #names = new Map<string, number>()
  readonly #events = new EventLog()
  readonly #onChange: () => void
  #endTime: number | undefined

  constructor(info: Omit<RunInfo, 'endTime'>, node: NodeInfo, onChange: () => void) {
    this.#info = info
    this.#node = node
    this.#onChange = onChange
  }

  /** A name that another pod has already gets a number. */
  pod(who: PodIdentity): PodRecord {
    const count = (this.#names.get(who.name) ?? 0) + 1
    this.#names.set(who.name, count)
    const pod = new PodRecord({ ...who, name: count === 1 ? who.name : `${who.name}-${count}` }, this.#onChange)
    this.#pods.push(pod)
    this.#onChange()
    return pod
  }

  event(event: Event): void {
    this.#events.add(event)
    this.#onChange()
  }

  /** Idempotent. */
  end(): void {
    this.#endTime ??= Date.now()
    this.#onChange()
  }

  get report(): RunReport {
    return {
      schemaVersion: 1,
      run: { ...this.#info, endTime: this.#endTime },
      node: this.#node,
      pods: this.#pods.map(({ status }) => status),
      events: this.#events.list,
    }
  }
}

/** Sorts by time, and is unique as long as a process begins no two runs in a millisecond. */
export function runId(startTime: number, pid: number): string {
  return `${new Date(startTime).toISOString().replace(/[-:.]/g, '').replace('T', '-').replace('Z', '')}-${pid}`
}

import type { Event } from '../runtime/event.ts'
import type { PodEvent } from '../runtime/status/types.ts'

/** Events, of which equal ones are one with a count, as Kubernetes keeps them. In the order of their first appearance. */
export class EventLog {
  readonly #events = new Map<string, PodEvent>()

  add({ type, reason, message }: Event): void {
    const key = JSON.stringify([type, reason, message])
    const now = Date.now()
    const known = this.#events.get(key)
    this.#events.set(key, {
      type,
      reason,
      message,
      firstTime: known?.firstTime ?? now,
      lastTime: now,
      count: (known?.count ?? 0) + 1,
    })
  }

  get list(): PodEvent[] {
    return [...this.#events.values()]
  }
}

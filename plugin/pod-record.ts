import type { Event } from '../runtime/event.ts'
import type { Attempt, PodPhase, PodStatus, ServiceStatus } from '../runtime/status/types.ts'
import { AttemptRecord } from './attempt-record.ts'
import { EventLog } from './event-log.ts'
import type { PodSpec } from './pod-spec.ts'

/** Whom a record is about. */
export interface PodIdentity {
  readonly name: string
  readonly project: string
  /** Relative to the root of the project. */
  readonly file: string
  /** Undefined when there can be no pod: of a mistake in a docblock, say. */
  readonly spec: PodSpec | undefined
}

/** Notes what happens to one pod, from the moment that Vitest gives its file to the pool. */
export class PodRecord {
  readonly #who: PodIdentity
  readonly #onChange: () => void
  readonly #files: string[]
  readonly #attempts: AttemptRecord[] = []
  readonly #events = new EventLog()
  readonly #created = Date.now()
  #services: readonly ServiceStatus[] = []

  constructor(who: PodIdentity, onChange: () => void) {
    this.#who = who
    this.#files = [who.file]
    this.#onChange = onChange
  }

  /** One more file of the same container (`isolate: false`). */
  addFile(file: string): void {
    if (!this.#files.includes(file)) this.#files.push(file)
    this.#onChange()
  }

  /** Begins an attempt, which waits for its turn from now on. */
  begin(): AttemptRecord {
    const onEvent = (event: Event): void => this.event(event)
    const attempt = new AttemptRecord(this.#attempts.length + 1, this.#onChange, onEvent)
    this.#attempts.push(attempt)
    this.#onChange()
    return attempt
  }

  event(event: Event): void {
    this.#events.add(event)
    this.#onChange()
  }

  set services(services: readonly ServiceStatus[]) {
    this.#services = services
    this.#onChange()
  }

  get status(): PodStatus {
    const { name, project, spec } = this.#who
    const attempts = this.#attempts.map(({ attempt }) => attempt)
    const last = attempts.at(-1)
    return {
      name,
      project,
      files: [...this.#files],
      phase: phaseOf(last),
      qosClass: spec?.qosClass ?? 'BestEffort',
      requests: spec?.requests ?? {},
      limits: spec === undefined ? {} : { ...spec.limits, ephemeralStorage: spec.ephemeralStorage },
      network: spec?.network.mode ?? 'none',
      restartPolicy: spec?.restartPolicy ?? 'Never',
      backoffLimit: spec?.backoffLimit,
      reason: last?.reason,
      message: last?.message,
      restartCount: attempts.slice(0, -1).filter(hasFailed).length,
      flaky: last?.outcome === 'passed' && attempts.some(hasFailed),
      attempts,
      services: this.#services,
      events: this.#events.list,
      createdTime: this.#created,
      finishedTime: last?.outcome === 'running' ? undefined : last?.times.stopped,
    }
  }
}

function hasFailed({ outcome }: Attempt): boolean {
  return outcome === 'failed'
}

function phaseOf(last: Attempt | undefined): PodPhase {
  if (last === undefined) return 'Pending'
  if (last.outcome === 'passed') return 'Succeeded'
  if (last.outcome === 'failed') return 'Failed'
  return last.times.admitted === undefined ? 'Pending' : 'Running'
}

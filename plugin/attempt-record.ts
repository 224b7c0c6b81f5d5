import type { EventSink } from '../runtime/event.ts'
import { describeDenied } from '../runtime/seccomp/describe.ts'
import type { ContainerStatus } from '../runtime/spec.ts'
import type { Attempt, AttemptTimes, FailureReason, HermeticFinding } from '../runtime/status/types.ts'
import { describeConnection } from './hermetic-findings.ts'
import type { Pod } from './pod.ts'

/** The reasons of the Events by which Kubernetes tells of a pod's failure. */
const FAILURE_EVENTS: Readonly<Record<FailureReason, string>> = {
  OOMKilled: 'OOMKilling',
  Error: 'Failed',
  StartError: 'Failed',
  DeadlineExceeded: 'DeadlineExceeded',
  Evicted: 'Evicted',
  Unschedulable: 'FailedScheduling',
}

type Moment = Exclude<keyof AttemptTimes, 'pending'>

/** Connections and calls that are listed; a test may make thousands. */
const LISTED = 20

/** Notes what happens to one container of a pod. */
export class AttemptRecord {
  #attempt: Attempt
  readonly #onChange: () => void
  readonly #onEvent: EventSink

  /** @param number from 1 */
  constructor(number: number, onChange: () => void, onEvent: EventSink) {
    this.#onChange = onChange
    this.#onEvent = onEvent
    this.#attempt = {
      number,
      outcome: 'running',
      times: { pending: Date.now() },
      tests: { passed: 0, failed: 0, skipped: 0 },
      leftBehind: [],
      connectionsRefused: [],
      deniedCalls: [],
    }
  }

  get attempt(): Attempt {
    return this.#attempt
  }

  /** Of several files in one container the last time counts, but for its beginning. */
  reach(moment: Moment): void {
    const { times } = this.#attempt
    const isOnce = moment === 'admitted' || moment === 'started'
    if (isOnce && times[moment] !== undefined) return
    const now = Date.now()
    this.update({ times: { ...times, [moment]: now } })
    const tell = (reason: string, message: string): void => this.#onEvent({ type: 'Normal', reason, message })
    if (moment === 'admitted') tell('Scheduled', `attempt ${this.#attempt.number} was admitted`)
    else if (moment === 'started') tell('Started', `attempt ${this.#attempt.number} has its container`)
  }

  /** It gets more files: it has passed only when these have (`isolate: false`). */
  goOn(): void {
    if (this.#attempt.outcome === 'passed') this.update({ outcome: 'running' })
  }

  pass(): void {
    if (this.#attempt.outcome === 'running') this.update({ outcome: 'passed' })
  }

  /** Of no effect when it has come to its end already. */
  fail(reason: FailureReason, message: string): void {
    if (this.#attempt.outcome !== 'running') return
    this.update({ outcome: 'failed', reason, message })
    this.#onEvent({ type: 'Warning', reason: FAILURE_EVENTS[reason], message })
  }

  /** What had passed has failed for what was found afterwards. */
  failAfterAll(reason: FailureReason, message: string): void {
    if (this.#attempt.outcome === 'passed') this.update({ outcome: 'running' })
    this.fail(reason, message)
  }

  /** @param findings undefined when nobody has asked */
  hermetic(findings: readonly HermeticFinding[] | undefined): void {
    if (findings === undefined) return
    const written = findings.filter(({ kind }) => kind === 'file-written').map(({ what }) => what)
    this.update({ hermeticity: findings, filesWrittenOutside: written })
  }

  /** What is known when its container has ended. */
  ended(
    status: ContainerStatus,
    { failedConnections, openedPorts }: Pick<Pod, 'failedConnections' | 'openedPorts'>,
  ): void {
    this.update({
      // The worker itself ends well when tests have failed.
      exitCode: this.#attempt.outcome === 'failed' && status.exitCode === 0 ? undefined : status.exitCode,
      signal: status.signal,
      memoryLimit: status.memoryLimit,
      peakMemory: status.peakMemory,
      cpuMicroseconds: status.cpuMicroseconds,
      throttledMicroseconds: status.throttledMicroseconds,
      bytesWritten: status.bytesWritten,
      leftBehind: status.leftBehind.map(({ pid, command }) => ({ pid, command })),
      connectionsRefused: [...new Set(failedConnections.map(describeConnection))].slice(0, LISTED),
      portsOpened: [...new Set(openedPorts.map(({ protocol, port }) => `${protocol}/${port}`))].slice(0, LISTED),
      deniedCalls: status.deniedCalls.slice(0, LISTED).map((call) => describeDenied([call])),
    })
  }

  update(patch: Partial<Attempt>): void {
    this.#attempt = { ...this.#attempt, ...patch }
    this.#onChange()
  }
}

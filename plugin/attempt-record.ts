import { describeDenied } from '../runtime/seccomp/describe.ts'
import type { ContainerStatus } from '../runtime/spec.ts'
import type { Attempt, AttemptTimes, FailureReason } from '../runtime/status/types.ts'
import type { FailedConnection } from './messages.ts'

type Moment = Exclude<keyof AttemptTimes, 'pending'>

/** Connections and calls that are listed; a test may make thousands. */
const LISTED = 20

/** Notes what happens to one container of a pod. */
export class AttemptRecord {
  #attempt: Attempt
  readonly #onChange: () => void

  /** @param number from 1 */
  constructor(number: number, onChange: () => void) {
    this.#onChange = onChange
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
    this.update({ times: { ...times, [moment]: Date.now() } })
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
    if (this.#attempt.outcome === 'running') this.update({ outcome: 'failed', reason, message })
  }

  /** What is known when its container has ended. */
  ended(status: ContainerStatus, connections: readonly FailedConnection[]): void {
    this.update({
      exitCode: status.exitCode,
      signal: status.signal,
      memoryLimit: status.memoryLimit,
      peakMemory: status.peakMemory,
      cpuMicroseconds: status.cpuMicroseconds,
      leftBehind: status.leftBehind.map(({ pid, command }) => ({ pid, command })),
      connectionsRefused: [...new Set(connections.map(describeConnection))].slice(0, LISTED),
      deniedCalls: status.deniedCalls.slice(0, LISTED).map((call) => describeDenied([call])),
    })
  }

  update(patch: Partial<Attempt>): void {
    this.#attempt = { ...this.#attempt, ...patch }
    this.#onChange()
  }
}

function describeConnection({ syscall, address, hostname, port }: FailedConnection): string {
  const host = address ?? hostname ?? ''
  const place = host.includes(':') && port !== undefined ? `[${host}]` : host
  return `${syscall} ${place}${port === undefined ? '' : `:${port}`}`
}

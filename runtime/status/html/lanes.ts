import { lastMoment } from '../facts.ts'
import type { Attempt, AttemptTimes, PodStatus, RunReport } from '../types.ts'

/** One attempt on the time axis. Times are milliseconds from the start of the run. */
export interface Bar {
  readonly pod: PodStatus
  /** Undefined for a pod that was never admitted. */
  readonly attempt: Attempt | undefined
  readonly lane: number
  /** From when on its wait is shown: as far back as its lane was free. */
  readonly waits: number
  readonly admitted: number
  readonly started: number
  readonly ran: number
  readonly stopped: number
}

export interface Timeline {
  readonly bars: readonly Bar[]
  readonly lanes: number
  /** Of the time axis. */
  readonly length: number
}

/**
 * Puts attempts into lanes as a greedy interval partitioning does: each into the first lane that is free when it is admitted, so that
 * there are as many lanes as there were pods at once. What waits takes no lane: thousands of pods may wait.
 */
export function timeline(report: RunReport): Timeline {
  const { startTime } = report.run
  const end = endOf(report)
  const spans = report.pods.flatMap((pod) => spansOf(pod, end))
  const freeFrom: number[] = []
  const bars = spans
    .sort((a, b) => a.admitted - b.admitted)
    .map(({ pod, attempt, pending, admitted, started, ran, stopped }): Bar => {
      const free = freeFrom.findIndex((from) => from <= admitted)
      // Who was never admitted takes no lane from others.
      const isAdmitted = attempt?.times.admitted !== undefined
      const lane = free !== -1 ? free : isAdmitted ? freeFrom.length : 0
      const waits = Math.min(Math.max(pending, freeFrom[lane] ?? pending), admitted)
      freeFrom[lane] = Math.max(stopped, freeFrom[lane] ?? 0)
      const relative = (time: number) => Math.max(time - startTime, 0)
      return {
        pod,
        attempt,
        lane,
        waits: relative(waits),
        admitted: relative(admitted),
        started: relative(started),
        ran: relative(ran),
        stopped: relative(stopped),
      }
    })
  return { bars, lanes: freeFrom.length, length: Math.max(end - startTime, 1) }
}

/** When the run was over, or of one that goes on the last that is known of it. */
export function endOf(report: RunReport): number {
  return report.run.endTime ?? lastMoment(report)
}

type Span = Pick<Bar, 'pod' | 'attempt'> & { readonly [Name in keyof AttemptTimes]-?: number }

/** What an attempt has not reached is where it is now, or was when it ended. */
function spansOf(pod: PodStatus, end: number): Span[] {
  if (pod.attempts.length === 0) {
    const stopped = pod.finishedTime ?? end
    return [
      { pod, attempt: undefined, pending: pod.createdTime, admitted: stopped, started: stopped, ran: stopped, stopped },
    ]
  }
  return pod.attempts.map((attempt) => {
    const { pending, stopped = attempt.outcome === 'running' ? end : lastOf(attempt.times) } = attempt.times
    const { admitted = stopped, ran = stopped } = attempt.times
    // Of a pod that could not be started everything was start.
    const { started = ran } = attempt.times
    return { pod, attempt, pending, admitted, started, ran, stopped }
  })
}

function lastOf({ pending, admitted, started, ran, stopped }: AttemptTimes): number {
  return stopped ?? ran ?? started ?? admitted ?? pending
}

import type { RunState } from './liveness.ts'
import type { Attempt, AttemptTimes, PodStatus, RunReport } from './types.ts'

/** The container that counts. */
export function lastAttempt(pod: PodStatus): Attempt | undefined {
  return pod.attempts.at(-1)
}

/** The file that names the pod. */
export function fileOf(pod: PodStatus): string {
  return pod.files[0] ?? pod.name
}

/** One word on how it is, as in kubectl's column STATUS: `Pending`, `ContainerCreating`, `Running`, `Completed`, or why it has failed. */
export function statusWord(pod: PodStatus, run: RunState): string {
  if (pod.phase === 'Succeeded') return 'Completed'
  if (pod.phase === 'Failed') return pod.reason ?? 'Error'
  if (isLost(pod, run)) return 'Unknown'
  const times = lastAttempt(pod)?.times
  return times?.admitted !== undefined && times.started === undefined ? 'ContainerCreating' : pod.phase
}

/** Whether nobody has seen how it went on. */
export function isLost({ phase }: PodStatus, run: RunState): boolean {
  return run === 'died' && (phase === 'Pending' || phase === 'Running')
}

/** Containers that do their work now, of the test and its services. */
export function readiness(pod: PodStatus): { readonly ready: number; readonly total: number } {
  const services = pod.services.filter(({ ready, state }) => ready && state === 'running').length
  return { ready: services + (isRunning(pod) ? 1 : 0), total: pod.services.length + 1 }
}

/** Whether its test file runs. */
export function isRunning(pod: PodStatus): boolean {
  const times = lastAttempt(pod)?.times
  return pod.phase === 'Running' && times?.started !== undefined && times.stopped === undefined
}

/** The attempt that needed most memory; undefined where none has been measured. */
export function largestAttempt(pod: PodStatus): Attempt | undefined {
  const measured = pod.attempts.filter(({ peakMemory }) => peakMemory !== undefined)
  return measured.toSorted((a, b) => (b.peakMemory ?? 0) - (a.peakMemory ?? 0))[0]
}

/** The most bytes that one of its containers needed, services not among them. */
export function peakMemory(pod: PodStatus): number | undefined {
  return largestAttempt(pod)?.peakMemory
}

/** CPU time of all attempts; undefined where none has been measured. */
export function cpuMicroseconds(pod: PodStatus): number | undefined {
  const measured = pod.attempts.flatMap((attempt) => attempt.cpuMicroseconds ?? [])
  return measured.length === 0 ? undefined : measured.reduce((sum, time) => sum + time, 0)
}

/** The steps of an attempt, each with the moments at which it begins and ends. */
export const STEPS = [
  { step: 'pending', from: 'pending', to: 'admitted' },
  { step: 'starting', from: 'admitted', to: 'started' },
  { step: 'running', from: 'started', to: 'ran' },
  { step: 'stopping', from: 'ran', to: 'stopped' },
] as const satisfies readonly { step: string; from: keyof AttemptTimes; to: keyof AttemptTimes }[]

/** Where the time of a pod went, in milliseconds over all of its attempts. */
export interface PodTimes {
  /** It waited to be admitted. */
  readonly pending: number
  /** Its containers and services were made. */
  readonly start: number
  readonly run: number
  readonly stop: number
  /** From `start` to the end of `stop`. */
  readonly total: number
}

/** @param now for what has not been reached yet */
export function podTimes(pod: PodStatus, now: number): PodTimes {
  const sums = { pending: 0, start: 0, run: 0, stop: 0 }
  for (const { times } of pod.attempts) {
    const end = times.stopped ?? now
    const ran = times.ran ?? end
    const started = times.started ?? ran
    const admitted = times.admitted ?? started
    sums.pending += Math.max(0, admitted - times.pending)
    sums.start += Math.max(0, started - admitted)
    sums.run += Math.max(0, ran - started)
    sums.stop += Math.max(0, end - ran)
  }
  return { ...sums, total: sums.start + sums.run + sums.stop }
}

/** Whether it holds its requests now. */
export function isAdmitted(pod: PodStatus): boolean {
  const times = lastAttempt(pod)?.times
  return times?.admitted !== undefined && times.stopped === undefined
}

/** Bytes that are reserved now. */
export function requestedMemory({ pods }: RunReport): number {
  return pods.filter(isAdmitted).reduce((sum, { requests }) => sum + (requests.memory ?? 0), 0)
}

/** The newest point in time that a report tells of: of a run that died, its end as far as it is known. */
export function lastMoment({ run, pods, events }: RunReport): number {
  const moments = pods.flatMap((pod) => [
    pod.createdTime,
    pod.finishedTime ?? 0,
    ...pod.events.map(({ lastTime }) => lastTime),
    ...pod.attempts.flatMap(({ times }) => Object.values(times).filter((time) => typeof time === 'number')),
  ])
  const all = [run.startTime, run.endTime ?? 0, ...events.map(({ lastTime }) => lastTime), ...moments]
  return all.reduce((latest, moment) => Math.max(latest, moment), 0)
}

import { constants } from 'node:os'
import { formatCpu } from '../quantity.ts'
import { isRunning, lastAttempt, readiness } from './facts.ts'
import type { StoredRun } from './stored-runs.ts'
import type { Attempt, PodEvent, PodResources, PodStatus, RunReport, ServiceStatus } from './types.ts'

/** An object as Kubernetes' API has it, for those who know how to ask such for something. */
export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Readonly<Record<string, unknown>> & { readonly name: string }
  readonly [field: string]: unknown
}

/** Of what is ours, and no field of Kubernetes'. */
const PREFIX = 'vitest-pool-mydocker'
/** The only one there is. */
export const NODE_NAME = 'localhost'
/** What kubelet gives a container that could not be started. */
const EXIT_CODE_UNSTARTED = 128

/**
 * A pod after core/v1. What has no place there (peak memory, times in milliseconds, what it left behind) is in `status.attempts`, as in a
 * RunReport.
 */
export function podObject(pod: PodStatus, { run }: RunReport): KubernetesObject {
  const [last, ...earlier] = pod.attempts.toReversed()
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: pod.name,
      namespace: pod.project || 'default',
      creationTimestamp: timestamp(pod.createdTime),
      labels: { [`${PREFIX}/run`]: run.id },
      annotations: { [`${PREFIX}/files`]: pod.files.join(' ') },
    },
    spec: {
      nodeName: NODE_NAME,
      restartPolicy: pod.restartPolicy,
      hostNetwork: pod.network === 'host',
      containers: [
        { name: 'test', resources: { limits: resources(pod.limits), requests: resources(pod.requests) } },
        ...pod.services.map(({ name }) => ({ name })),
      ],
    },
    status: {
      phase: pod.phase,
      ...(pod.reason === undefined ? {} : { reason: pod.reason }),
      ...(pod.message === undefined ? {} : { message: pod.message }),
      qosClass: pod.qosClass,
      startTime: timestamp(pod.createdTime),
      conditions: conditions(pod),
      containerStatuses: [
        {
          name: 'test',
          ready: isRunning(pod),
          started: last?.times.started !== undefined,
          restartCount: pod.restartCount,
          state: attemptState(last),
          lastState: earlier[0] === undefined ? {} : attemptState(earlier[0]),
        },
        ...pod.services.map(serviceStatus),
      ],
      attempts: pod.attempts,
    },
  }
}

/** @param regarding name of its pod; undefined for the node's */
export function eventObject(event: PodEvent, regarding: string | undefined, name: string): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, creationTimestamp: timestamp(event.firstTime) },
    involvedObject: regarding === undefined ? { kind: 'Node', name: NODE_NAME } : { kind: 'Pod', name: regarding },
    type: event.type,
    reason: event.reason,
    message: event.message,
    count: event.count,
    firstTimestamp: timestamp(event.firstTime),
    lastTimestamp: timestamp(event.lastTime),
    source: { component: 'mydocker' },
  }
}

export function nodeObject({ node, run }: RunReport): KubernetesObject {
  const { memory, cpu } = node.allocatable
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: NODE_NAME, labels: { [`${PREFIX}/run`]: run.id } },
    status: { allocatable: { ...resources({ memory, cpu }), pods: String(node.maxWorkers) } },
  }
}

/** No kind of Kubernetes': one run of Vitest. */
export function runObject({ report, state }: StoredRun): KubernetesObject {
  const { run, pods } = report
  const count = (phase: PodStatus['phase']): number => pods.filter((pod) => pod.phase === phase).length
  return {
    apiVersion: `${PREFIX}/v1`,
    kind: 'Run',
    metadata: { name: run.id, creationTimestamp: timestamp(run.startTime) },
    spec: { root: run.root, pid: run.pid, vitest: run.vitest },
    status: {
      phase: runWord(state),
      ...(run.endTime === undefined ? {} : { completionTime: timestamp(run.endTime) }),
      pods: pods.length,
      pending: count('Pending'),
      running: count('Running'),
      succeeded: count('Succeeded'),
      failed: count('Failed'),
    },
  }
}

/** How a run is, in one word. */
export function runWord(state: StoredRun['state']): string {
  return { going: 'Running', ended: 'Completed', died: 'Died' }[state]
}

/** Seconds, as in metav1.Time: `fromdate` of jq takes no more. */
export function timestamp(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** Bytes as an exact quantity: `256Mi`, `1234567`. */
export function exactBytes(bytes: number): string {
  for (const [index, suffix] of ['Gi', 'Mi', 'Ki'].entries()) {
    const unit = 1024 ** (3 - index)
    if (bytes > 0 && bytes % unit === 0) return `${bytes / unit}${suffix}`
  }
  return String(bytes)
}

function resources(amounts: PodResources & Partial<PodStatus['limits']>): Record<string, string> {
  const { cpu, memory, ephemeralStorage, pids } = amounts
  return {
    ...(cpu === undefined ? {} : { cpu: formatCpu(cpu) }),
    ...(memory === undefined ? {} : { memory: exactBytes(memory) }),
    ...(ephemeralStorage === undefined ? {} : { 'ephemeral-storage': exactBytes(ephemeralStorage) }),
    ...(pids === undefined ? {} : { pids: String(pids) }),
  }
}

/** ContainerState: `waiting`, `running` or `terminated`. */
function attemptState(attempt: Attempt | undefined): Record<string, unknown> {
  const { started, stopped, ran, admitted } = attempt?.times ?? {}
  if (attempt === undefined || (attempt.outcome === 'running' && started === undefined)) {
    return { waiting: { reason: admitted === undefined ? 'Pending' : 'ContainerCreating' } }
  }
  if (attempt.outcome === 'running') return { running: { startedAt: optionalTimestamp(started) } }
  const signal = Object.entries(constants.signals).find(([name]) => name === attempt.signal)?.[1]
  return {
    terminated: {
      exitCode: attempt.exitCode ?? (attempt.outcome === 'passed' ? 0 : EXIT_CODE_UNSTARTED),
      ...(signal === undefined ? {} : { signal }),
      reason: attempt.outcome === 'passed' ? 'Completed' : (attempt.reason ?? 'Error'),
      ...(attempt.message === undefined ? {} : { message: attempt.message }),
      startedAt: optionalTimestamp(started),
      finishedAt: optionalTimestamp(stopped ?? ran),
    },
  }
}

function serviceStatus(service: ServiceStatus): Record<string, unknown> {
  const { name, state, ready, restartCount, reason, exitCode, startedTime } = service
  const because = reason === undefined ? {} : { reason }
  const states = {
    waiting: { waiting: because },
    running: { running: { startedAt: optionalTimestamp(startedTime) } },
    terminated: { terminated: { exitCode: exitCode ?? 0, ...because, startedAt: optionalTimestamp(startedTime) } },
  }
  return { name, ready, started: startedTime !== undefined, restartCount, state: states[state], lastState: {} }
}

/** PodCondition, in the order in which they come true. */
export function conditions(
  pod: PodStatus,
): { type: string; status: 'True' | 'False'; reason?: string; message?: string }[] {
  const times = lastAttempt(pod)?.times
  const { ready, total } = readiness(pod)
  const done =
    pod.phase === 'Succeeded' ? { reason: 'PodCompleted' } : pod.phase === 'Failed' ? { reason: 'PodFailed' } : {}
  const isScheduled = times?.admitted !== undefined
  const why =
    !isScheduled && pod.reason === 'Unschedulable'
      ? { reason: 'Unschedulable', ...(pod.message === undefined ? {} : { message: pod.message }) }
      : {}
  const truth = (is: boolean): 'True' | 'False' => (is ? 'True' : 'False')
  return [
    { type: 'PodScheduled', status: truth(isScheduled), ...why },
    { type: 'Initialized', status: truth(times?.started !== undefined) },
    { type: 'ContainersReady', status: truth(ready === total), ...done },
    { type: 'Ready', status: truth(ready === total), ...done },
  ]
}

function optionalTimestamp(time: number | undefined): string | null {
  return time === undefined ? null : timestamp(time)
}

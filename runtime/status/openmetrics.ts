import { STEPS } from './facts.ts'
import { type Family, type Labels, metricsText, type Sample } from './openmetrics-text.ts'
import type { Attempt, PodPhase, PodStatus, RunReport } from './types.ts'

const PHASES: readonly PodPhase[] = ['Pending', 'Running', 'Succeeded', 'Failed']

/**
 * A run in the text format of OpenMetrics 1.0. What kube-state-metrics and cAdvisor have a name for has that name, with the pod's file and
 * project beside its own; a pod that was restarted is told as a whole.
 */
export function openMetrics(report: RunReport): string {
  return metricsText([...runFamilies(report), ...podFamilies(report.pods), ...measuredFamilies(report.pods)])
}

function runFamilies({ run, node, pods }: RunReport): Family[] {
  const { memory, cpu } = node.allocatable
  const allocatable = [
    { labels: { resource: 'memory', unit: 'byte' }, value: memory },
    { labels: { resource: 'cpu', unit: 'core' }, value: cpu / 1000 },
    { labels: { resource: 'pods', unit: 'integer' }, value: node.maxWorkers },
  ]
  const duration = run.endTime === undefined ? [] : [{ labels: {}, value: (run.endTime - run.startTime) / 1000 }]
  return [
    {
      name: 'mydocker_run',
      type: 'info',
      help: 'The run of Vitest that all of this is from.',
      samples: [{ labels: { id: run.id, root: run.root, vitest: run.vitest }, value: 1 }],
    },
    {
      name: 'mydocker_run_duration_seconds',
      type: 'gauge',
      unit: 'seconds',
      help: 'How long the run took.',
      samples: duration,
    },
    {
      name: 'mydocker_run_pods',
      type: 'gauge',
      help: 'Pods of the run.',
      samples: [{ labels: {}, value: pods.length }],
    },
    { name: 'kube_node_status_allocatable', type: 'gauge', help: 'What pods can have together.', samples: allocatable },
  ]
}

function podFamilies(pods: readonly PodStatus[]): Family[] {
  const each = (read: (pod: PodStatus) => readonly Sample[]) =>
    pods.flatMap((pod) => read(pod).map(({ labels, value }) => ({ labels: { ...labelsOf(pod), ...labels }, value })))
  return [
    {
      name: 'kube_pod_status_phase',
      type: 'gauge',
      help: 'Whether a pod is in this phase.',
      samples: each(({ phase }) =>
        PHASES.map((other) => ({ labels: { phase: other }, value: Number(other === phase) })),
      ),
    },
    {
      name: 'kube_pod_status_reason',
      type: 'gauge',
      help: 'Why a pod has failed, or waits.',
      samples: each(({ reason }) => (reason === undefined ? [] : [{ labels: { reason }, value: 1 }])),
    },
    {
      name: 'kube_pod_status_qos_class',
      type: 'gauge',
      help: 'The class of a pod.',
      samples: each(({ qosClass }) => [{ labels: { qos_class: qosClass }, value: 1 }]),
    },
    {
      name: 'kube_pod_container_resource_requests',
      type: 'gauge',
      help: 'What is reserved for a pod.',
      samples: each(({ requests }) => resources(requests)),
    },
    {
      name: 'kube_pod_container_resource_limits',
      type: 'gauge',
      help: 'What a pod cannot exceed.',
      samples: each(({ limits }) => resources(limits)),
    },
    {
      name: 'kube_pod_container_status_restarts',
      type: 'counter',
      help: 'Attempts that were followed by another one.',
      samples: each(({ restartCount }) => [{ labels: {}, value: restartCount }]),
    },
    {
      name: 'mydocker_pod_flaky',
      type: 'gauge',
      help: 'Whether a pod has passed after it had failed.',
      samples: each(({ flaky }) => [{ labels: {}, value: Number(flaky) }]),
    },
  ]
}

/** What was not measured has no sample. */
function measuredFamilies(pods: readonly PodStatus[]): Family[] {
  const each = (read: (attempts: readonly Attempt[]) => number | undefined) =>
    pods.flatMap((pod) => {
      const value = read(pod.attempts)
      return value === undefined ? [] : [{ labels: labelsOf(pod), value }]
    })
  const microseconds = (read: (attempt: Attempt) => number | undefined) =>
    each((attempts) => {
      const total = sum(attempts, read)
      return total === undefined ? undefined : total / 1e6
    })
  const count = (name: string, help: string, read: (attempt: Attempt) => number): Family => ({
    name,
    type: 'gauge',
    help,
    samples: each((attempts) => sum(attempts, read)),
  })
  return [
    {
      name: 'container_memory_max_usage_bytes',
      type: 'gauge',
      unit: 'bytes',
      help: 'Peak of the memory of all processes and written files.',
      samples: each((attempts) => most(attempts, ({ peakMemory }) => peakMemory)),
    },
    {
      name: 'container_spec_memory_limit_bytes',
      type: 'gauge',
      unit: 'bytes',
      help: 'Memory limit that was in force.',
      samples: each((attempts) => attempts.at(-1)?.memoryLimit),
    },
    {
      name: 'container_cpu_usage_seconds',
      type: 'counter',
      unit: 'seconds',
      help: 'CPU time of all processes.',
      samples: microseconds(({ cpuMicroseconds }) => cpuMicroseconds),
    },
    {
      name: 'container_cpu_cfs_throttled_seconds',
      type: 'counter',
      unit: 'seconds',
      help: 'Time in which a pod was not let run for its CPU limit.',
      samples: microseconds(({ throttledMicroseconds }) => throttledMicroseconds),
    },
    {
      name: 'mydocker_pod_step_seconds',
      type: 'gauge',
      unit: 'seconds',
      help: 'How long a pod was pending, starting, running and stopping.',
      samples: pods.flatMap((pod) =>
        stepsOf(pod.attempts).map(({ step, seconds }) => ({ labels: { ...labelsOf(pod), step }, value: seconds })),
      ),
    },
    {
      name: 'mydocker_pod_tests',
      type: 'gauge',
      help: 'Tests by their state at the end of the last attempt.',
      samples: pods.flatMap((pod) =>
        Object.entries(pod.attempts.at(-1)?.tests ?? {}).map(([result, value]) => ({
          labels: { ...labelsOf(pod), result },
          value,
        })),
      ),
    },
    {
      name: 'mydocker_pod_written_bytes',
      type: 'gauge',
      unit: 'bytes',
      help: 'Size of the files that a pod had written at its end.',
      samples: each((attempts) => sum(attempts, ({ bytesWritten }) => bytesWritten)),
    },
    count(
      'mydocker_pod_left_behind',
      'Processes that were still there at the end.',
      ({ leftBehind }) => leftBehind.length,
    ),
    count(
      'mydocker_pod_connections_refused',
      'Connections that could not be made.',
      ({ connectionsRefused }) => connectionsRefused.length,
    ),
  ]
}

function labelsOf({ name, files, project }: PodStatus): Labels {
  return { pod: name, file: files[0] ?? '', project }
}

function resources({ memory, cpu }: PodStatus['requests']): Sample[] {
  return [
    ...(memory === undefined ? [] : [{ labels: { resource: 'memory', unit: 'byte' }, value: memory }]),
    ...(cpu === undefined ? [] : [{ labels: { resource: 'cpu', unit: 'core' }, value: cpu / 1000 }]),
  ]
}

/** Of all attempts together. */
function stepsOf(attempts: readonly Attempt[]): { step: string; seconds: number }[] {
  return STEPS.flatMap(({ step, from, to }) => {
    const milliseconds = sum(attempts, ({ times: { [from]: begin, [to]: end } }) =>
      begin === undefined || end === undefined ? undefined : end - begin,
    )
    return milliseconds === undefined ? [] : [{ step, seconds: milliseconds / 1000 }]
  })
}

function measured(attempts: readonly Attempt[], read: (attempt: Attempt) => number | undefined): number[] {
  return attempts.map(read).filter((value) => value !== undefined)
}

function sum(attempts: readonly Attempt[], read: (attempt: Attempt) => number | undefined): number | undefined {
  const values = measured(attempts, read)
  return values.length === 0 ? undefined : values.reduce((total, value) => total + value)
}

function most(attempts: readonly Attempt[], read: (attempt: Attempt) => number | undefined): number | undefined {
  const values = measured(attempts, read)
  return values.length === 0 ? undefined : Math.max(...values)
}

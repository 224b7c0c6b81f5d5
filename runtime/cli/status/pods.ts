import { formatAge, formatDuration } from '../../duration.ts'
import { formatBytes, formatCpu } from '../../quantity.ts'
import {
  cpuMicroseconds,
  fileOf,
  lastAttempt,
  lastMoment,
  peakMemory,
  podTimes,
  readiness,
  statusWord,
} from '../../status/facts.ts'
import { podObject } from '../../status/kubernetes.ts'
import type { StoredRun } from '../../status/stored-runs.ts'
import type { PodStatus } from '../../status/types.ts'
import { printable } from '../../text.ts'
import { type Column, type Listing, makeListing, type Row } from './listing.ts'
import { paintStatus } from './paint.ts'

/** `--sort-by` of pods. */
export const POD_KEYS = ['name', 'memory', 'cpu', 'duration', 'pending', 'restarts'] as const

const UNKNOWN = '<none>'

/** `mydocker get pods`. */
export function listPods({ report, state }: StoredRun, pods: readonly PodStatus[], wide: boolean): Listing {
  // What a dead run did not see to its end took no longer than it lived.
  const now = state === 'going' ? Date.now() : lastMoment(report)
  const columns: Column<PodStatus>[] = [
    { title: 'NAME', cell: ({ name }) => printable(name) },
    { title: 'READY', cell: ready },
    { title: 'STATUS', cell: (pod) => status(statusWord(pod, state)) },
    { title: 'RESTARTS', cell: ({ restartCount }) => String(restartCount) },
    { title: 'AGE', cell: ({ createdTime }) => formatAge(Date.now() - createdTime) },
    { title: 'FILE', wide: true, cut: 'start', cell: (pod) => printable(fileOf(pod)) + more(pod.files.length - 1) },
    ...(report.pods.some(({ project }) => project !== '') ? [projectColumn] : []),
    { title: 'QOS', wide: true, cell: ({ qosClass }) => qosClass },
    ...(report.pods.some(({ requests, limits }) => requests.cpu ?? limits.cpu) ? [cpuColumn] : []),
    {
      title: 'MEMORY',
      wide: true,
      cell: ({ requests, limits }) => ofLimit(requests.memory, limits.memory, formatBytes),
    },
    { title: 'PEAK MEM', wide: true, cell: (pod) => optional(peakMemory(pod), formatBytes) },
    { title: 'CPU TIME', wide: true, cell: (pod) => optional(cpuMicroseconds(pod), formatCpuTime) },
    { title: 'PENDING', wide: true, cell: (pod) => formatDuration(podTimes(pod, now).pending) },
    { title: 'DURATION', wide: true, cell: (pod) => formatDuration(podTimes(pod, now).total) },
    { title: 'NETWORK', wide: true, cell: ({ network }) => network },
  ]
  return makeListing('pod', columns, pods, wide, (pod) => {
    const { pending, total: duration } = podTimes(pod, now)
    const keys = { ...usageKeys(pod), duration, pending, restarts: pod.restartCount }
    return { name: pod.name, object: podObject(pod, report), keys }
  })
}

/** `mydocker top pods`: the most that each has used, where kubectl shows what is used now. */
export function listUsage({ report }: StoredRun, pods: readonly PodStatus[]): Listing {
  const columns: Column<PodStatus>[] = [
    { title: 'NAME', cell: ({ name }) => printable(name) },
    { title: 'CPU TIME', cell: (pod) => optional(cpuMicroseconds(pod), formatCpuTime) },
    { title: 'PEAK MEMORY', cell: (pod) => optional(peakMemory(pod), formatBytes) },
    { title: 'REQUEST', cell: ({ requests }) => optional(requests.memory, formatBytes) },
    { title: 'LIMIT', cell: (pod) => optional(limitOf(pod), formatBytes) },
    { title: 'USED', cell: used },
    { title: 'FILE', cut: 'start', cell: (pod) => printable(fileOf(pod)) },
  ]
  return makeListing('pod', columns, pods, true, (pod) => ({
    name: pod.name,
    object: podObject(pod, report),
    keys: usageKeys(pod),
  }))
}

/** CPU time of a pod, from microseconds. */
export function formatCpuTime(microseconds: number): string {
  return formatDuration(microseconds / 1000)
}

function usageKeys(pod: PodStatus): Row['keys'] {
  return { name: pod.name, memory: peakMemory(pod) ?? 0, cpu: cpuMicroseconds(pod) ?? 0 }
}

const projectColumn: Column<PodStatus> = {
  title: 'PROJECT',
  wide: true,
  cell: ({ project }) => (project === '' ? UNKNOWN : printable(project)),
}

const cpuColumn: Column<PodStatus> = {
  title: 'CPU',
  wide: true,
  cell: ({ requests, limits }) => ofLimit(requests.cpu, limits.cpu, formatCpu),
}

function ready(pod: PodStatus): string {
  const { ready: count, total } = readiness(pod)
  return `${count}/${total}`
}

function status(word: string): { text: string; paint: ((text: string) => string) | undefined } {
  return { text: word, paint: paintStatus(word) }
}

function more(files: number): string {
  return files > 0 ? ` + ${files}` : ''
}

/** Request and limit: `128Mi/256Mi`. */
function ofLimit(request: number | undefined, limit: number | undefined, format: (amount: number) => string): string {
  if (request === undefined && limit === undefined) return UNKNOWN
  return `${request === undefined ? '-' : format(request)}/${limit === undefined ? '-' : format(limit)}`
}

function optional(value: number | undefined, format: (value: number) => string): string {
  return value === undefined ? UNKNOWN : format(value)
}

function limitOf(pod: PodStatus): number | undefined {
  return lastAttempt(pod)?.memoryLimit ?? pod.limits.memory
}

function used(pod: PodStatus): string {
  const [peak, limit] = [peakMemory(pod), limitOf(pod)]
  return peak === undefined || limit === undefined ? UNKNOWN : `${Math.round((100 * peak) / limit)}%`
}

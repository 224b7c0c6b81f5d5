import { formatDuration } from '../runtime/duration.ts'
import { formatBytes } from '../runtime/quantity.ts'
import { fileOf, largestAttempt, lastMoment, peakMemory, podTimes } from '../runtime/status/facts.ts'
import type { PodStatus, RunReport } from '../runtime/status/types.ts'
import { formatTable } from '../runtime/table.ts'
import { printable } from '../runtime/text.ts'

const TOP = 5

/** Who has used most memory against what it asked for and may have, and where the longest took their time; an empty line before each. */
export function usageTables(report: RunReport, width: number): string[] {
  const end = lastMoment(report)
  const total = (pod: PodStatus): number => podTimes(pod, end).total
  const largest = most(report.pods, (pod) => peakMemory(pod) ?? 0)
  const longest = most(report.pods, total)
  return [
    ...table(['TOP MEMORY', 'PEAK', 'LIMIT', 'REQUEST', 'USED'], largest.map(memoryRow), width),
    ...table(
      ['TOP TIME', 'PENDING', 'START', 'RUN', 'STOP', 'TOTAL'],
      longest.map((pod) => timeRow(pod, end)),
      width,
    ),
  ]
}

/** Those of which a measure is largest, without those that have none. */
function most(pods: readonly PodStatus[], measure: (pod: PodStatus) => number): PodStatus[] {
  return pods
    .filter((pod) => measure(pod) > 0)
    .toSorted((a, b) => measure(b) - measure(a))
    .slice(0, TOP)
}

function memoryRow(pod: PodStatus): string[] {
  const { peakMemory: peak = 0, memoryLimit: limit } = largestAttempt(pod) ?? {}
  const { memory: request } = pod.requests
  return [
    printable(fileOf(pod)),
    formatBytes(peak),
    limit === undefined ? '-' : formatBytes(limit),
    request === undefined ? '-' : formatBytes(request),
    limit === undefined ? '-' : `${Math.round((100 * peak) / limit)}%`,
  ]
}

function timeRow(pod: PodStatus, end: number): string[] {
  const { pending, start, run, stop, total } = podTimes(pod, end)
  return [printable(fileOf(pod)), ...[pending, start, run, stop, total].map(formatDuration)]
}

function table(titles: readonly string[], rows: readonly (readonly string[])[], width: number): string[] {
  if (rows.length === 0) return []
  const headings = titles.map((title, index) => ({ title, cut: index === 0 ? ('start' as const) : undefined }))
  const cells = rows.map((row) => row.map((text) => ({ text })))
  return ['', ...formatTable(headings, cells, { width })]
}

import { styleText } from 'node:util'
import stringWidth from 'string-width'
import { formatBytes } from '../runtime/quantity.ts'
import { fileOf, lastAttempt, statusWord } from '../runtime/status/facts.ts'
import type { Attempt, PodEvent, PodStatus, RunReport } from '../runtime/status/types.ts'
import { fit, NO_BREAK, printable, wrap } from '../runtime/text.ts'
import { WRITTEN } from './report-files.ts'

export interface SummaryOptions {
  /** `'none'`: warnings only. `'auto'`: tables of the most demanding pods when there are many. `'full'`: always. */
  readonly detail: 'none' | 'auto' | 'full'
  /** Of the terminal. Undefined: there is none, and a warning stays one line, for those who search. */
  readonly columns?: number | undefined
  /** Where it will be printed, which decides about colours. */
  readonly stream: NodeJS.WritableStream
}

/** From here on a reader wants to know which of them. */
const MANY_PODS = 10
const COLUMNS_MOST = 100
/** Narrower, tables are no tables. */
const COLUMNS_LEAST = 72
/** Failures that are listed; `mydocker get pods` has all. */
const LISTED = 20
const TITLE = '  mydocker  '
const MARGIN = ' '.repeat(TITLE.length)
/** Of what goes on in another line. */
const INDENT = '  '

/**
 * What the user is told of the pods at the end of a run: what went wrong, and what was largest. All but warnings without a terminal
 * is within 100 columns.
 * @returns lines, none when there is nothing to tell
 */
export async function summaryLines(report: RunReport, { detail, columns, stream }: SummaryOptions): Promise<string[]> {
  const paint = (colour: Colour, text: string): string => styleText(colour, text, { stream })
  const width = Math.max(COLUMNS_LEAST, Math.min(columns ?? COLUMNS_MOST, COLUMNS_MOST)) - TITLE.length
  const wrapped = ({ text, colour }: Remark, room: number): string[] => {
    const whole = printable(text)
    const [first = '', ...rest] = wrap(whole, stringWidth(whole) <= room ? room : room - INDENT.length)
    const lines = [first, ...rest.map((line) => `${INDENT}${line}`)]
    return lines.map((line) => (colour === undefined ? line : paint(colour, line)))
  }
  const warned = warnings(report).flatMap((text) =>
    columns === undefined ? [paint('yellow', text)] : wrapped({ text, colour: 'yellow' }, width),
  )
  const told = detail === 'none' ? [] : remarks(report, width).flatMap((remark) => wrapped(remark, width))
  const isLong = detail === 'full' || (detail === 'auto' && report.pods.length > MANY_PODS)
  const tables = isLong ? (await import('./summary-tables.ts')).usageTables(report, width) : []
  const lines = [...warned, ...told, ...tables]
  return lines.map((line, index) => (line === '' ? '' : `${index === 0 ? TITLE : MARGIN}${line}`))
}

type Colour = 'red' | 'yellow'

interface Remark {
  readonly text: string
  readonly colour?: Colour | undefined
}

/** Each once, however many pods it was told of. */
function warnings({ events, pods }: RunReport): string[] {
  const counts = new Map<string, number>()
  for (const { type, reason, message, count } of [...events, ...pods.flatMap(newsOf)]) {
    if (type !== 'Warning') continue
    const line = `${reason}: ${message}`
    counts.set(line, (counts.get(line) ?? 0) + count)
  }
  return [...counts].map(([line, count]) => (count === 1 ? line : `${line} (${count} times)`))
}

/** Vitest has reported by then why files have failed. */
function newsOf({ attempts, events }: PodStatus): PodEvent[] {
  const told = new Set(attempts.map(({ message }) => message))
  return events.filter(({ message }) => !told.has(message))
}

function remarks(report: RunReport, width: number): Remark[] {
  const { pods } = report
  const failures = pods.flatMap((pod) => describeFailure(pod, width))
  const more = failures.length - LISTED
  const rest = more > 0 ? [{ text: `… and ${more} more: mydocker get pods --field-selector status.phase=Failed` }] : []
  return [
    ...failures.slice(0, LISTED),
    ...rest,
    ...pods.filter(({ flaky }) => flaky).map((pod) => describeFlaky(pod, width)),
    ...pods.flatMap((pod) => describeWritten(pod, width)),
    ...describeCounts(report),
    ...describeContainers(report, width),
    ...describeFiles(report),
  ]
}

/** Of a pod that failed for what only we know, or whose attempts nobody has seen. Failed tests of one attempt are told by Vitest. */
function describeFailure(pod: PodStatus, width: number): Remark[] {
  const last = lastAttempt(pod)
  if (pod.phase !== 'Failed' || last === undefined) return []
  if (pod.attempts.length > 1) return [{ text: `FAILED ${tries(pod)} ${describeTries(pod, width)}`, colour: 'red' }]
  if (last.reason === undefined || last.reason === 'Error') return []
  const memory = last.reason === 'OOMKilled' ? memoryOf(last) : ''
  const file = fit(fileOf(pod), width - last.reason.length - memory.length - 2, 'start')
  return [{ text: `${last.reason}: ${file}${memory}`, colour: 'red' }]
}

/** As nextest tells it: at which of how many tries it has passed. */
function describeFlaky(pod: PodStatus, width: number): Remark {
  return { text: `FLAKY ${tries(pod)} ${describeTries(pod, width)}`, colour: 'yellow' }
}

function tries({ attempts, backoffLimit }: PodStatus): string {
  return `${attempts.length}/${Math.max(attempts.length, (backoffLimit ?? 0) + 1)}`
}

function describeTries(pod: PodStatus, width: number): string {
  const outcomes = pod.attempts.map((attempt) =>
    `${attempt.number} ${describeOutcome(attempt)}`.replaceAll(' ', NO_BREAK),
  )
  return `${fit(fileOf(pod), Math.floor(width / 2), 'start')}: ${outcomes.join(', ')}`
}

function describeOutcome(attempt: Attempt): string {
  const { outcome, reason = 'Error', tests, signal, exitCode } = attempt
  if (outcome !== 'failed') return outcome
  if (reason === 'OOMKilled') return `${reason} (${memoryOf(attempt).trim()})`
  if (signal !== undefined) return `${reason} (${signal})`
  if (tests.failed > 0)
    return `${reason} (${tests.failed} of ${tests.passed + tests.failed + tests.skipped} tests failed)`
  return exitCode === undefined || exitCode === 0 ? reason : `${reason} (exit code ${exitCode})`
}

function describeWritten(pod: PodStatus, width: number): Remark[] {
  const paths = [...new Set(pod.attempts.flatMap(({ filesWrittenOutside = [] }) => filesWrittenOutside))]
  const [first] = paths
  if (first === undefined) return []
  const more = paths.length > 1 ? ` and ${paths.length - 1} more` : ''
  return [{ text: `${fit(fileOf(pod), Math.floor(width / 2), 'start')} wrote ${first}${more}`, colour: 'yellow' }]
}

/** Only when there is something to count. */
function describeCounts({ pods }: RunReport): Remark[] {
  const counts = new Map<string, number>()
  for (const pod of pods) {
    const word = statusWord(pod, 'ended')
    counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  const restarts = pods.reduce((sum, { restartCount }) => sum + restartCount, 0)
  if (pods.length <= MANY_PODS || (counts.size === 1 && restarts === 0)) return []
  const words = [...counts].toSorted(([, a], [, b]) => b - a).map(([word, count]) => `${count} ${word}`)
  const again = restarts === 0 ? [] : [restarts === 1 ? '1 restart' : `${restarts} restarts`]
  return [{ text: [`${pods.length} pods: ${words.join(', ')}`, ...again].join('; ') }]
}

/** The line that is always there. */
function describeContainers({ pods }: RunReport, width: number): Remark[] {
  const containers = pods
    .flatMap((pod) => pod.attempts.map((attempt) => ({ file: fileOf(pod), attempt })))
    .filter(({ attempt }) => attempt.times.started !== undefined)
  if (containers.length === 0) return []
  const count = `${containers.length} ${containers.length === 1 ? 'container' : 'containers'}`
  const [largest] = containers.toSorted((a, b) => (b.attempt.peakMemory ?? 0) - (a.attempt.peakMemory ?? 0))
  if (largest?.attempt.peakMemory === undefined) return [{ text: count }]
  const [before, after] = [`${count}, most memory: `, memoryOf(largest.attempt)]
  return [{ text: `${before}${fit(largest.file, width - before.length - after.length, 'start')}${after}` }]
}

function describeFiles({ events }: RunReport): Remark[] {
  const paths = events.filter(({ reason }) => reason === WRITTEN).map(({ message }) => message)
  return paths.length === 0 ? [] : [{ text: `report: ${paths.join(', ')}` }]
}

function memoryOf({ peakMemory, memoryLimit }: Attempt): string {
  if (peakMemory === undefined) return ''
  return ` ${formatBytes(peakMemory)}${memoryLimit === undefined ? '' : ` of ${formatBytes(memoryLimit)}`}`
}

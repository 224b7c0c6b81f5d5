import { formatBytes, formatCpu } from '../../quantity.ts'
import { cpuMicroseconds, isLost, isRunning } from '../../status/facts.ts'
import { conditions, NODE_NAME } from '../../status/kubernetes.ts'
import type { StoredRun } from '../../status/stored-runs.ts'
import type { PodEvent, PodStatus } from '../../status/types.ts'
import { formatTable } from '../../table.ts'
import { printable } from '../../text.ts'
import { date } from './dates.ts'
import { describeAttempt, describeService } from './describe-container.ts'
import { lastSeen } from './others.ts'
import { type Entry, entry, formatOutline, list } from './outline.ts'
import { paintType } from './paint.ts'
import { formatCpuTime } from './pods.ts'

/** Everything that is known of a pod, as `kubectl describe pod` tells it. */
export function describePod(pod: PodStatus, stored: StoredRun): string {
  const lines = [
    ...formatOutline(head(pod, stored)),
    ...formatOutline([{ label: 'Containers', entries: containers(pod) }]),
    'Conditions:',
    ...indented(formatTable(CONDITION_HEADINGS, conditionRows(pod))),
    ...formatOutline(findings(pod)),
    ...describeEvents(pod.events),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

/** Of attempts, the last one first; kubectl knows two. */
const STATES = ['State', 'Last State']
const CONDITION_HEADINGS = ['Type', 'Status', 'Reason'].map((title) => ({ title }))
const EVENT_HEADINGS = ['Type', 'Reason', 'Age', 'From', 'Message'].map((title) => ({ title }))

function head(pod: PodStatus, { report, state }: StoredRun): Entry[] {
  const [first, ...others] = pod.files.map(printable)
  return [
    { label: 'Name', text: printable(pod.name) },
    ...(pod.project === '' ? [] : entry('Project', printable(pod.project))),
    ...entry(others.length === 0 ? 'File' : 'Files', first),
    ...others.map((text) => ({ text, isContinued: true })),
    { label: 'Run', text: report.run.id },
    { label: 'Node', text: NODE_NAME },
    { label: 'Created', text: date(pod.createdTime) },
    ...entry('Finished', pod.finishedTime === undefined ? undefined : date(pod.finishedTime)),
    { label: 'Status', text: isLost(pod, state) ? 'Unknown' : pod.phase },
    ...entry('Reason', pod.reason),
    ...entry('Message', pod.message === undefined ? undefined : printable(pod.message)),
    { label: 'QoS Class', text: pod.qosClass },
    { label: 'Network', text: pod.network },
    { label: 'Restart Policy', text: pod.restartPolicy },
    ...(pod.flaky ? entry('Flaky', `passed at attempt ${pod.attempts.length}`) : []),
  ]
}

function containers(pod: PodStatus): Entry[] {
  const { cpu, memory, swap, pids, ephemeralStorage } = pod.limits
  const bytes = (amount: number | undefined): string | undefined =>
    amount === undefined ? undefined : formatBytes(amount)
  const cores = (amount: number | undefined): string | undefined =>
    amount === undefined ? undefined : formatCpu(amount)
  const limits = [
    ...entry('cpu', cores(cpu)),
    ...entry('memory', bytes(memory)),
    ...entry('swap', bytes(swap)),
    ...entry('pids', pids),
    ...entry('ephemeral-storage', bytes(ephemeralStorage)),
  ]
  const requests = [...entry('cpu', cores(pod.requests.cpu)), ...entry('memory', bytes(pod.requests.memory))]
  const attempts = pod.attempts.toReversed()
  const cpuTime = cpuMicroseconds(pod)
  const test: Entry = {
    label: 'test',
    entries: [
      // The message of the last one is the pod's, which has been told.
      ...attempts.flatMap((attempt, index) =>
        describeAttempt(index === 0 ? { ...attempt, message: undefined } : attempt, STATES[index] ?? 'Earlier State'),
      ),
      { label: 'Ready', text: isRunning(pod) ? 'True' : 'False' },
      { label: 'Restart Count', text: String(pod.restartCount) },
      ...(attempts.length > 1 ? entry('CPU Time', cpuTime === undefined ? undefined : formatCpuTime(cpuTime)) : []),
      ...(limits.length === 0 ? [] : [{ label: 'Limits', entries: limits }]),
      ...(requests.length === 0 ? [] : [{ label: 'Requests', entries: requests }]),
    ],
  }
  return [test, ...pod.services.map(describeService)]
}

function conditionRows(pod: PodStatus): { text: string }[][] {
  return conditions(pod).map(({ type, status, reason = '' }) => [type, status, reason].map((text) => ({ text })))
}

/** What the attempts did that a reader may wonder at, each once. */
function findings({ attempts }: PodStatus): Entry[] {
  const each = (texts: readonly (string | undefined)[]): string[] => [
    ...new Set(texts.flatMap((text) => (text === undefined ? [] : [printable(text)]))),
  ]
  return [
    ...list(
      'Left Behind',
      each(attempts.flatMap(({ leftBehind }) => leftBehind.map(({ pid, command }) => `${command} (pid ${pid})`))),
    ),
    ...list('Files Written Outside', each(attempts.flatMap(({ filesWrittenOutside = [] }) => filesWrittenOutside))),
    ...list('Ports Opened', each(attempts.flatMap(({ portsOpened = [] }) => portsOpened))),
    ...list('Connections Refused', each(attempts.flatMap(({ connectionsRefused }) => connectionsRefused))),
    ...list('Denied Calls', each(attempts.flatMap(({ deniedCalls }) => deniedCalls))),
    ...list(
      'Not Hermetic',
      each(attempts.flatMap(({ hermeticity = [] }) => hermeticity.map(({ kind, what }) => `${kind}: ${what}`))),
    ),
  ]
}

function describeEvents(events: readonly PodEvent[]): string[] {
  if (events.length === 0) return ['Events:  <none>']
  const rows = events.map((event) => [
    { text: event.type, paint: paintType(event.type) },
    { text: event.reason },
    { text: lastSeen(event, Date.now()) },
    { text: 'mydocker' },
    { text: printable(event.message) },
  ])
  const rule = EVENT_HEADINGS.map(({ title }) => ({ text: '-'.repeat(title.length) }))
  return ['Events:', ...indented(formatTable(EVENT_HEADINGS, [rule, ...rows]))]
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`)
}

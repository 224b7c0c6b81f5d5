import { formatDuration } from '../../duration.ts'
import { formatBytes, formatCpu } from '../../quantity.ts'
import type { Attempt, PodEvent, PodStatus, ServiceStatus } from '../types.ts'
import { html, type Markup } from './markup.ts'
import { counted } from './numbers.ts'

/** Everything that is known of a pod but its row says not. @param startTime of the run */
export function details(pod: PodStatus, startTime: number): Markup {
  return html`${pod.message !== undefined && html`<p class="message">${pod.message}</p>`}<div class="facts">${[
    facts(pod),
    pod.attempts.length > 0 && attempts(pod.attempts),
    pod.services.length > 0 && services(pod.services),
    pod.events.length > 0 && events(pod.events, startTime),
    findings(pod.attempts),
  ]}</div>`
}

function facts({ name, qosClass, network, restartPolicy, backoffLimit, requests, limits, files }: PodStatus): Markup {
  const resources = (values: readonly (readonly [name: string, value: string | undefined])[]) =>
    values.flatMap(([what, value]) => (value === undefined ? [] : [`${what} ${value}`])).join(', ') || 'none'
  const requested = resources([
    ['memory', bytes(requests.memory)],
    ['cpu', cpu(requests.cpu)],
  ])
  const limited = resources([
    ['memory', bytes(limits.memory)],
    ['swap', bytes(limits.swap)],
    ['cpu', cpu(limits.cpu)],
    ['pids', limits.pids?.toString()],
    ['ephemeral-storage', bytes(limits.ephemeralStorage)],
  ])
  return list('Pod', [
    ['Name', name],
    ...(files.length > 1 ? [['Files', files.join(', ')] as const] : []),
    ['QoS class', qosClass],
    ['Requests', requested],
    ['Limits', limited],
    ['Network', network],
    [
      'Restart policy',
      restartPolicy === 'Never' || backoffLimit === undefined
        ? restartPolicy
        : `${restartPolicy}, at most ${counted(backoffLimit, 'restart')}`,
    ],
  ])
}

function attempts(all: readonly Attempt[]): Markup {
  return table(
    all.length === 1 ? 'Attempt' : 'Attempts',
    ['#', 'Outcome', 'Tests', 'Pending', 'Starting', 'Running', 'Stopping', 'Memory', 'CPU', 'Written'],
    all.map((attempt) => {
      const { times } = attempt
      return [
        String(attempt.number),
        outcome(attempt),
        testsOf(attempt),
        between(times.pending, times.admitted),
        between(times.admitted, times.started),
        between(times.started, times.ran),
        between(times.ran, times.stopped),
        bytes(attempt.peakMemory) ?? '–',
        cpuTime(attempt),
        bytes(attempt.bytesWritten) ?? '–',
      ]
    }),
  )
}

function outcome({ outcome: word, reason, exitCode, signal }: Attempt): string {
  if (word !== 'failed') return word
  const how = signal ?? (exitCode === undefined ? undefined : `exit code ${exitCode}`)
  return [reason ?? 'failed', ...(how === undefined ? [] : [`(${how})`])].join(' ')
}

function cpuTime({ cpuMicroseconds, throttledMicroseconds = 0 }: Attempt): string {
  if (cpuMicroseconds === undefined) return '–'
  const throttled = throttledMicroseconds > 0 ? `, throttled ${formatDuration(throttledMicroseconds / 1000)}` : ''
  return `${formatDuration(cpuMicroseconds / 1000)}${throttled}`
}

/** `4 passed, 1 failed`; nothing for who had none. */
export function testsOf({ tests: { passed, failed, skipped } }: Pick<Attempt, 'tests'>): string {
  const told = [
    [passed, 'passed'],
    [failed, 'failed'],
    [skipped, 'skipped'],
  ] as const
  return told.flatMap(([count, word]) => (count > 0 ? [`${count} ${word}`] : [])).join(', ') || '–'
}

function services(all: readonly ServiceStatus[]): Markup {
  return table(
    'Services',
    ['Name', 'State', 'Ready after', 'Restarts', 'Memory'],
    all.map(({ name, state, reason, exitCode, startedTime, readyTime, restartCount, peakMemory }) => [
      name,
      [state, reason, exitCode === undefined ? undefined : `exit code ${exitCode}`]
        .filter((word) => word !== undefined)
        .join(', '),
      between(startedTime, readyTime),
      String(restartCount),
      bytes(peakMemory) ?? '–',
    ]),
  )
}

function events(all: readonly PodEvent[], startTime: number): Markup {
  return table(
    'Events',
    ['After', 'Type', 'Reason', 'Message'],
    all.map(({ type, reason, message, lastTime, count }) => [
      formatDuration(Math.max(lastTime - startTime, 0)),
      type,
      count > 1 ? `${reason} ×${count}` : reason,
      message,
    ]),
  )
}

/** What it did that others may notice, over all its attempts. */
function findings(all: readonly Attempt[]): Markup | false {
  const found = (title: string, items: readonly string[]) =>
    items.length === 0 ? [] : [[title, [...new Set(items)].join('\n')] as const]
  const entries = [
    ...found(
      'Connections refused',
      all.flatMap(({ connectionsRefused }) => connectionsRefused),
    ),
    ...found(
      'Left behind',
      all.flatMap(({ leftBehind }) => leftBehind.map(({ pid, command }) => `${command} (pid ${pid})`)),
    ),
    ...found(
      'System calls denied',
      all.flatMap(({ deniedCalls }) => deniedCalls),
    ),
    ...found(
      'Written outside',
      all.flatMap(({ filesWrittenOutside = [] }) => filesWrittenOutside),
    ),
    ...found(
      'Ports opened',
      all.flatMap(({ portsOpened = [] }) => portsOpened),
    ),
    ...found(
      'Not hermetic',
      all.flatMap(({ hermeticity = [] }) => hermeticity.map(({ kind, what }) => `${kind}: ${what}`)),
    ),
  ]
  return entries.length > 0 && list('Seen', entries)
}

function list(title: string, entries: readonly (readonly [term: string, description: string])[]): Markup {
  return html`<section><h4>${title}</h4><dl>${entries.map(([term, description]) => html`<dt>${term}<dd>${description}`)}</dl></section>`
}

/** End tags that HTML lets be left out are: there are thousands of these tables. */
function table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): Markup {
  return html`<section><h4>${title}</h4><table><tr>${head.map((name) => html`<th>${name}`)}${rows.map(
    (cells) => html`<tr>${cells.map((cell) => html`<td>${cell}`)}`,
  )}</table></section>`
}

function between(from: number | undefined, to: number | undefined): string {
  return from === undefined || to === undefined ? '–' : formatDuration(Math.max(to - from, 0))
}

function bytes(value: number | undefined): string | undefined {
  return value === undefined ? undefined : formatBytes(value)
}

function cpu(value: number | undefined): string | undefined {
  return value === undefined ? undefined : formatCpu(value)
}

import { formatDuration } from '../../duration.ts'
import { cpuMicroseconds, lastAttempt } from '../facts.ts'
import type { Attempt, PodStatus, RunReport } from '../types.ts'
import { details, testsOf } from './details.ts'
import { html, type Markup } from './markup.ts'
import { amount, memoryUse, meter } from './memory-bars.ts'

interface Column {
  readonly name: string
  /** Only where it says something: a run of one project has no column for it. */
  readonly isShown?: ((report: RunReport) => boolean) | undefined
  /** What it is sorted by, if not by its text. */
  readonly value?: ((pod: PodStatus) => number | string) | undefined
  cell(pod: PodStatus): Markup | string
}

const columns: readonly Column[] = [
  {
    name: 'Project',
    isShown: ({ pods }) => new Set(pods.map(({ project }) => project)).size > 1,
    cell: ({ project }) => project,
  },
  { name: 'Status', value: (pod) => rank(pod), cell: status },
  { name: 'Tests', value: (pod) => lastAttempt(pod)?.tests.failed ?? 0, cell: (pod) => tests(lastAttempt(pod)) },
  {
    name: 'Memory',
    value: (pod) => memoryUse(pod)?.peak ?? 0,
    cell: (pod) => {
      const use = memoryUse(pod)
      return use === undefined ? '–' : html`${meter(use)}<span class="amount">${amount(use)}</span>`
    },
  },
  timeColumn('Pending', ({ pending, admitted }) => [pending, admitted]),
  timeColumn('Running', ({ started, ran }) => [started, ran]),
  {
    name: 'CPU',
    value: (pod) => cpuMicroseconds(pod) ?? 0,
    cell: (pod) => {
      const time = cpuMicroseconds(pod)
      return time === undefined ? '–' : formatDuration(time / 1000)
    },
  },
]

/** All pods, those that need a look first. Without a script it is a plain table; `details` open by themselves. */
export function podTable(report: RunReport): Markup {
  const shown = columns.filter(({ isShown = () => true }) => isShown(report))
  const pods = report.pods.toSorted((a, b) => rank(a) - rank(b))
  return html`<table class="pods">
<thead><tr><th>File${shown.map(({ name }) => html`<th>${name}`)}</thead>
${pods.map((pod) => row(pod, shown, report.run.startTime))}</table>`
}

function row(pod: PodStatus, shown: readonly Column[], startTime: number): Markup {
  return html`<tbody id="${pod.name}" data-phase="${pod.phase}" data-reason="${pod.reason ?? (pod.flaky && 'Flaky')}"><tr><td><details><summary>${pod.files.join(', ')}</summary></details>${shown.map(
    ({ value, cell }) => html`<td${value !== undefined && html` data-v="${value(pod)}"`}>${cell(pod)}`,
  )}<tr class="more"><td colspan="${shown.length + 1}">${details(pod, startTime)}</tbody>
`
}

/** Failures, then what passed only at another attempt, then the rest. */
function rank({ phase, flaky }: PodStatus): number {
  if (phase === 'Failed') return 0
  if (phase === 'Pending' || phase === 'Running') return 1
  return flaky ? 2 : 3
}

function status({ phase, reason, flaky, attempts }: PodStatus): Markup {
  const tries = attempts.length > 1 && html` <span class="muted">try ${attempts.length}</span>`
  return html`<span class="badge ${flaky ? 'flaky' : phase.toLowerCase()}">${flaky ? 'Flaky' : (reason ?? phase)}</span>${tries}`
}

function tests(attempt: Attempt | undefined): Markup | string {
  if (attempt === undefined) return '–'
  const { passed, failed } = attempt.tests
  if (passed + failed === 0) return '–'
  return html`<span title="${testsOf(attempt)}">${failed > 0 ? html`<b class="bad">${failed}</b> of ${passed + failed}` : passed}</span>`
}

function timeColumn(name: string, ends: (times: Attempt['times']) => [number | undefined, number | undefined]): Column {
  const duration = (pod: PodStatus) => {
    const durations = pod.attempts.flatMap(({ times }) => {
      const [from, to] = ends(times)
      return from === undefined || to === undefined ? [] : [to - from]
    })
    return durations.length === 0 ? undefined : durations.reduce((sum, each) => sum + each)
  }
  return {
    name,
    value: (pod) => Math.round(duration(pod) ?? 0),
    cell: (pod) => {
      const time = duration(pod)
      return time === undefined ? '–' : formatDuration(time)
    },
  }
}

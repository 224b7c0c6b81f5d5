import { basename } from 'node:path'
import { formatDuration } from '../../duration.ts'
import { formatBytes, formatCpu } from '../../quantity.ts'
import { fileOf } from '../facts.ts'
import type { PodEvent, PodStatus, RunReport } from '../types.ts'
import { htmlDocument } from './document.ts'
import { endOf, timeline } from './lanes.ts'
import { html, type Markup } from './markup.ts'
import { memoryBars, memoryUse } from './memory-bars.ts'
import { memoryChart, peakOf } from './memory-chart.ts'
import { counted } from './numbers.ts'
import { reservedMemory } from './reserved.ts'
import { SCRIPT } from './script.ts'
import { STYLE, STYLE_WITHOUT_SCRIPT } from './style.ts'
import { podTable } from './table.ts'
import { timeTicks } from './time-axis.ts'
import { timelineChart } from './timeline-chart.ts'

/** A run and its pods as one page that needs nothing else. */
export function htmlReport(report: RunReport): string {
  const title = `Pods of ${basename(report.run.root)}`
  const main = html`<header>
<h1>${title}</h1>
<p class="muted">${subtitle(report)}</p>
${tiles(report)}
</header>
${[timelineSection(report), memorySection(report), podsSection(report), report.events.length > 0 && eventsSection(report.events)]}
<footer>Run ${report.run.id} by <a href="https://www.npmjs.com/package/vitest-pool-mydocker">vitest-pool-mydocker</a>.</footer>`
  return htmlDocument({ title, style: STYLE, styleWithoutScript: STYLE_WITHOUT_SCRIPT, script: SCRIPT, main })
}

function subtitle({ run, node }: RunReport): string {
  const started = new Date(run.startTime).toISOString().replace('T', ' ').slice(0, 16)
  return [
    `${started} UTC`,
    run.root,
    `Vitest ${run.vitest}`,
    counted(node.maxWorkers, 'worker'),
    `allocatable ${formatBytes(node.allocatable.memory)} and ${formatCpu(node.allocatable.cpu)} cores`,
    ...(run.endTime === undefined ? ['still running'] : []),
  ].join(' · ')
}

/** A figure at the head of a page. */
export function tile(value: Markup | string, what: string): Markup {
  return html`<li><b>${value}</b><span>${what}</span></li>`
}

function tiles(report: RunReport): Markup {
  const { run, pods } = report
  const failed = pods.filter(({ phase }) => phase === 'Failed')
  const flaky = pods.filter(({ flaky: isFlaky }) => isFlaky).length
  const largest = pods.flatMap((pod) => memoryUse(pod) ?? []).toSorted((a, b) => b.peak - a.peak)[0]
  const [longest] = pods
    .flatMap(({ files, attempts }) =>
      attempts.map(({ times: { admitted = 0, stopped = admitted } }) => ({ files, time: stopped - admitted })),
    )
    .toSorted((a, b) => b.time - a.time)
  return html`<ul class="tiles">${[
    tile(formatDuration(endOf(report) - run.startTime), counted(pods.length, 'pod')),
    tile(
      failed.length > 0 ? html`<span class="bad">${failed.length} failed</span>` : 'none failed',
      reasonsOf(failed) || 'all succeeded',
    ),
    flaky > 0 && tile(`${flaky} flaky`, 'passed at another attempt'),
    largest !== undefined && tile(formatBytes(largest.peak), `most memory: ${fileOf(largest.pod)}`),
    longest !== undefined && tile(formatDuration(longest.time), `longest: ${longest.files[0] ?? ''}`),
  ]}</ul>`
}

/** `2 OOMKilled, 1 Error`. */
function reasonsOf(failed: readonly PodStatus[]): string {
  const counts = new Map<string, number>()
  for (const { reason = 'tests failed' } of failed) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts].map(([reason, count]) => `${count} ${reason}`).join(', ')
}

function timelineSection(report: RunReport): Markup {
  const drawn = timeline(report)
  const ticks = timeTicks(drawn.length)
  const steps = reservedMemory(report)
  const { memory } = report.node.allocatable
  const key = (name: string, what: string) => html`<li><i class="${name}"></i>${what}</li>`
  return html`<section>
<h2>Timeline</h2>
<ul class="legend">${[
    key('p', 'pending'),
    key('s', 'starting'),
    key('r', 'running'),
    key('f', 'running, failed'),
    key('e', 'stopping'),
  ]}</ul>
${timelineChart(drawn, ticks)}
<h3>Memory requested by admitted pods: ${formatBytes(peakOf(steps))} at most</h3>
${memoryChart(steps, memory, drawn.length, ticks)}
</section>`
}

function memorySection({ pods }: RunReport): Markup {
  return html`<section><h2>Memory against its limit</h2>${memoryBars(pods)}</section>`
}

function podsSection(report: RunReport): Markup {
  const option = (value: string) => html`<option>${value}</option>`
  const distinct = (values: readonly (string | undefined)[]) =>
    [...new Set(values.filter((value) => value !== undefined))].sort()
  const reasons = distinct(report.pods.map(({ reason, flaky }) => reason ?? (flaky ? 'Flaky' : undefined)))
  return html`<section>
<h2>Pods</h2>
<form class="filters" hidden>
<input type="search" placeholder="Search files" aria-label="Search files" autocomplete="off">
<select aria-label="Phase"><option value="">all phases</option>${distinct(report.pods.map(({ phase }) => phase)).map(option)}</select>
<select aria-label="Reason"><option value="">all reasons</option>${reasons.map(option)}</select>
<output aria-live="polite"></output>
</form>
<div class="scroll">${podTable(report)}</div>
</section>`
}

function eventsSection(events: readonly PodEvent[]): Markup {
  return html`<section><h2>Events of the node</h2><ul>${events.map(
    ({ type, reason, message, count }) =>
      html`<li>${type === 'Warning' ? html`<b>${reason}</b>` : reason}: ${message}${count > 1 && ` (${count} times)`}</li>`,
  )}</ul></section>`
}

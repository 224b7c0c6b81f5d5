import { formatDuration } from '../../../runtime/duration.ts'
import { formatBytes } from '../../../runtime/quantity.ts'
import { html, type Markup } from '../../../runtime/status/html/markup.ts'
import { counted } from '../../../runtime/status/html/numbers.ts'
import { reproductionOf } from '../report-facts.ts'
import type { ResourceEffect, SweepInfo, SweepRun, TestFinding } from '../types.ts'
import { describeConditions, formatCpuLimit, formatMemoryLimit, formatRate } from '../words.ts'
import { curves } from './curves.ts'
import { heatMap } from './heat-map.ts'
import type { Found } from './page.ts'
import { runStrip } from './run-strip.ts'

/** More tell nothing that these did not. */
const MOST_ATTEMPTS_SHOWN = 8
const MOST_LOG_CHARACTERS = 3000

/** Everything that is known of a test that does not always pass. */
export function findingSection(found: Found, sweep: SweepInfo): Markup {
  const { file, finding, id, isQuarantined } = found
  const { name, verdict, cause, rate, evidence, polluters = [] } = finding
  return html`<section class="finding" id="${id}">
<h2>${name} <span class="badge v-${verdict}">${verdict}</span></h2>
<p class="muted">${file.project !== '' && `${file.project} `}${file.file}${cause !== undefined && ` · likely cause: ${cause}`} · failed in ${rate.failed} of ${counted(rate.runs, 'run')}, ${formatRate(rate)}${isQuarantined && ' · quarantined'}</p>
<ul class="evidence">${evidence.map((sentence) => html`<li>${sentence}</li>`)}${polluters.length > 0 && html`<li>Tests that matter for it: ${polluters.join(', ')}</li>`}</ul>
${reproduction(found)}
<div class="charts">${heatMap(finding.cells, sweep.settings)}${curves(finding.cells, sweep.settings)}</div>
${finding.effects.length > 0 && effectTable(finding.effects)}
<h3>All runs, in their order</h3>
${runStrip(file.runs, finding.test)}
${messages(finding)}
${attempts(file.runs, finding)}
</section>`
}

function reproduction(found: Found): Markup | false {
  const command = reproductionOf(found)
  if (command === undefined) return false
  return html`<p class="command"><code>${command}</code><button type="button" class="copy" hidden>Copy</button></p>`
}

function effectTable(effects: readonly ResourceEffect[]): Markup {
  const percent = (share: number): string => `${Math.round(share * 100)} %`
  const row = ({ resource, limit, scarce, ample, difference, adjustedPValue, method }: ResourceEffect): Markup =>
    html`<tr><td>${resource} up to ${resource === 'memory' ? formatMemoryLimit(limit) : formatCpuLimit(limit)}</td><td>${scarce.failed} of ${scarce.runs}</td><td>${ample.failed} of ${ample.runs}</td><td>${percent(difference.estimate)} (${percent(difference.low)} to ${percent(difference.high)})</td><td>${adjustedPValue.toPrecision(2)}</td><td>${method}</td></tr>`
  return html`<h3>What it depends on</h3><div class="scroll"><table class="tests"><thead><tr><th>Resource</th><th>Failed, scarce</th><th>Failed, ample</th><th>Difference (95 % interval)</th><th>Adjusted p</th><th>Test</th></tr></thead><tbody>${effects.map(row)}</tbody></table></div>`
}

function messages({ messages: all }: TestFinding): Markup | false {
  if (all.length === 0) return false
  return html`<h3>How it fails</h3><ul class="messages">${all.map(
    ({ message, count }) => html`<li><span class="muted">${count} ×</span> <pre>${message}</pre></li>`,
  )}</ul>`
}

function attempts(runs: readonly SweepRun[], { test }: TestFinding): Markup | false {
  const failed = runs.filter((run) => hasFailed(run, test) && (run.log !== undefined || run.message !== undefined))
  if (failed.length === 0) return false
  const shown = failed.slice(0, MOST_ATTEMPTS_SHOWN)
  const more = failed.length - shown.length
  return html`<h3>Logs of failed runs</h3>${shown.map(attempt)}${more > 0 && html`<p class="muted">${counted(more, 'more failed run')}: see the JSON report.</p>`}`
}

function attempt({
  number,
  conditions,
  reason,
  message,
  log,
  duration,
  peakMemory,
  throttledMicroseconds,
}: SweepRun): Markup {
  const facts = [
    describeConditions(conditions),
    formatDuration(duration),
    ...(peakMemory === undefined ? [] : [`peak ${formatBytes(peakMemory)}`]),
    ...(throttledMicroseconds ? [`throttled ${formatDuration(throttledMicroseconds / 1000)}`] : []),
  ]
  return html`<details class="attempt"><summary>Run ${number}${reason !== undefined && `, ${reason}`} <span class="muted">${facts.join(' · ')}</span></summary>${message !== undefined && html`<pre>${message}</pre>`}${log !== undefined && html`<pre>${log.length > MOST_LOG_CHARACTERS && '… (the beginning is in the JSON report)\n'}${log.slice(-MOST_LOG_CHARACTERS)}</pre>`}</details>`
}

/** A finding on the file itself has no test: then what counts is the run. */
export function hasFailed({ outcome, outcomes }: SweepRun, test: number | undefined): boolean {
  return test === undefined ? outcome === 'failed' : outcomes[test] === 'F' || outcomes[test] === 'R'
}

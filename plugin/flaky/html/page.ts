import { basename } from 'node:path'
import { formatDuration } from '../../../runtime/duration.ts'
import { formatBytes } from '../../../runtime/quantity.ts'
import { htmlDocument } from '../../../runtime/status/html/document.ts'
import { html, type Markup } from '../../../runtime/status/html/markup.ts'
import { counted } from '../../../runtime/status/html/numbers.ts'
import { tile } from '../../../runtime/status/html/page.ts'
import { STYLE } from '../../../runtime/status/html/style.ts'
import { keyOf } from '../quarantine.ts'
import type { FlakyFileReport, FlakyReport, SweepInfo, TestFinding, Verdict } from '../types.ts'
import { describeSettings, formatRate } from '../words.ts'
import { findingSection } from './finding.ts'
import { SCRIPT } from './script.ts'
import { FLAKY_STYLE } from './style.ts'

/** A finding, and where it belongs. */
export interface Found {
  readonly file: FlakyFileReport
  readonly finding: TestFinding
  /** Of its section. */
  readonly id: string
  readonly isQuarantined: boolean
}

/** The order in which a reader wants them. */
const ORDER: readonly Verdict[] = [
  'resource-affected',
  'order-dependent',
  'flaky',
  'stable-fail',
  'not-run',
  'stable-pass',
]

/** A sweep and what it has found as one page that needs nothing else. */
export function flakyPage(report: FlakyReport): string {
  const title = `Flaky tests of ${basename(report.sweep.root)}`
  const found = gather(report)
  const unstable = found.filter(({ finding }) => finding.verdict !== 'stable-pass' && finding.verdict !== 'not-run')
  const main = html`<header>
<h1>${title}</h1>
<p class="muted">${subtitle(report.sweep)}</p>
<ul class="tiles">${tiles(report, found)}</ul>
</header>
<section><h2>Tests</h2>${testTable(found)}</section>
${unstable.map((each) => findingSection(each, report.sweep))}
${memorySection(report.files)}
<footer>Sweep ${report.sweep.id} by <a href="https://www.npmjs.com/package/vitest-pool-mydocker">vitest-pool-mydocker</a>.</footer>`
  return htmlDocument({ title, style: STYLE + FLAKY_STYLE, script: SCRIPT, main })
}

function gather({ files, sweep }: FlakyReport): Found[] {
  const quarantined = new Set(sweep.quarantined)
  const all = files.flatMap((file) => file.findings.map((finding) => ({ file, finding })))
  const rank = ({ verdict }: TestFinding): number => ORDER.indexOf(verdict)
  return all
    .toSorted((a, b) => rank(a.finding) - rank(b.finding) || b.finding.rate.estimate - a.finding.rate.estimate)
    .map(({ file, finding }, index) => ({
      file,
      finding,
      id: `t${index + 1}`,
      isQuarantined: quarantined.has(keyOf(file, finding)),
    }))
}

function subtitle(sweep: SweepInfo): string {
  const started = new Date(sweep.startTime).toISOString().replace('T', ' ').slice(0, 16)
  return [
    `${started} UTC`,
    sweep.root,
    `Vitest ${sweep.vitest}`,
    describeSettings(sweep.settings),
    ENDS[sweep.state],
  ].join(' · ')
}

const ENDS: Readonly<Record<SweepInfo['state'], string>> = {
  running: 'still running',
  completed: 'completed',
  interrupted: 'interrupted before it was done',
  'out-of-time': 'ended by its budget before it was done',
}

function tiles({ sweep, files }: FlakyReport, found: readonly Found[]): Markup[] {
  const counts = ORDER.map((verdict) => ({
    verdict,
    count: found.filter(({ finding }) => finding.verdict === verdict).length,
  }))
  const time = sweep.endTime === undefined ? 'so far' : `in ${formatDuration(sweep.endTime - sweep.startTime)}`
  return [
    tile(String(sweep.totalRuns), `runs of ${counted(files.length, 'file')} ${time}`),
    ...counts.flatMap(({ verdict, count }) =>
      count === 0 ? [] : [tile(BAD.has(verdict) ? html`<span class="bad">${count}</span>` : String(count), verdict)],
    ),
  ]
}

const BAD: ReadonlySet<Verdict> = new Set(['resource-affected', 'order-dependent', 'flaky', 'stable-fail'])

function testTable(found: readonly Found[]): Markup {
  const option = (value: string): Markup => html`<option>${value}</option>`
  const distinct = (values: readonly (string | undefined)[]): string[] =>
    [...new Set(values.filter((value) => value !== undefined))].sort()
  return html`<form class="filters" hidden>
<input type="search" placeholder="Search tests" aria-label="Search tests" autocomplete="off">
<select aria-label="Verdict"><option value="">all verdicts</option>${ORDER.filter((verdict) => found.some(({ finding }) => finding.verdict === verdict)).map(option)}</select>
<select aria-label="Cause"><option value="">all causes</option>${distinct(found.map(({ finding }) => finding.cause)).map(option)}</select>
<output aria-live="polite"></output>
</form>
<div class="scroll"><table class="tests"><thead><tr><th>Test</th><th>Verdict</th><th>Likely cause</th><th>Failed</th><th>Rate</th></tr></thead>
<tbody>${found.map(testRow)}</tbody></table></div>`
}

function testRow({ file, finding, id, isQuarantined }: Found): Markup {
  const { verdict, cause, rate, name } = finding
  const title = html`<span class="muted">${file.project !== '' && `${file.project} `}${file.file}</span> ${name}`
  const isLinked = BAD.has(verdict)
  return html`<tr data-verdict="${verdict}" data-cause="${cause}"><td>${isLinked ? html`<a href="#${id}">${title}</a>` : title}</td><td><span class="badge v-${verdict}">${verdict}</span>${isQuarantined && html` <span class="muted">quarantined</span>`}</td><td>${cause}</td><td>${rate.failed} of ${rate.runs}</td><td>${formatRate(rate)}</td></tr>`
}

function memorySection(files: readonly FlakyFileReport[]): Markup | false {
  const known = files.flatMap(({ file, minimumMemory }) =>
    minimumMemory === undefined ? [] : [{ file, minimumMemory }],
  )
  if (known.length === 0) return false
  return html`<section><h2>Minimum memory</h2>
<div class="scroll"><table class="tests"><thead><tr><th>File</th><th>Smallest limit that is enough</th><th>Too small</th><th>Recommended</th><th>Shown by</th></tr></thead><tbody>${known.map(
    ({ file, minimumMemory: { limit, tooSmall, recommended, passed, runs, confidence, failureRate } }) =>
      html`<tr><td>${file}</td><td>${formatBytes(limit)}</td><td>${tooSmall === undefined ? '' : formatBytes(tooSmall)}</td><td>${formatBytes(recommended)}</td><td>${passed} of ${runs} runs passed: it fails in fewer than ${Math.round(failureRate * 100)} % (confidence ${Math.round(confidence * 100)} %)</td></tr>`,
  )}</tbody></table></div></section>`
}

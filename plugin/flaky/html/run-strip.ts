import { formatDuration } from '../../../runtime/duration.ts'
import { formatBytes } from '../../../runtime/quantity.ts'
import { html, type Markup } from '../../../runtime/status/html/markup.ts'
import type { SweepRun } from '../types.ts'
import { describeConditions } from '../words.ts'

type Mark = 'passed' | 'failed' | 'skipped' | 'not-reached' | 'void'

const SIGNS: Readonly<Record<Mark, string>> = { passed: '', failed: '×', skipped: '–', 'not-reached': '·', void: '?' }

/** One square for each run. @param test undefined for the file itself */
export function runStrip(runs: readonly SweepRun[], test: number | undefined): Markup {
  return html`<ol class="strip">${runs.map((run) => square(run, markOf(run, test)))}</ol>`
}

function square(run: SweepRun, mark: Mark): Markup {
  return html`<li class="${mark}" tabindex="0" aria-label="${describe(run, mark)}">${SIGNS[mark]}</li>`
}

function describe(
  { number, conditions, reason, duration, peakMemory, throttledMicroseconds }: SweepRun,
  mark: Mark,
): string {
  return [
    `Run ${number}: ${mark.replace('-', ' ')}${reason === undefined || mark === 'passed' ? '' : ` (${reason})`}`,
    describeConditions(conditions),
    formatDuration(duration),
    ...(peakMemory === undefined ? [] : [`peak ${formatBytes(peakMemory)}`]),
    ...(throttledMicroseconds ? [`throttled ${formatDuration(throttledMicroseconds / 1000)}`] : []),
  ].join(' · ')
}

function markOf({ outcome, outcomes }: SweepRun, test: number | undefined): Mark {
  if (outcome === 'void') return 'void'
  if (test === undefined) return outcome
  const letter = outcomes[test]
  if (letter === 'F' || letter === 'R') return 'failed'
  if (letter === 'P') return 'passed'
  return letter === 'S' ? 'skipped' : 'not-reached'
}

import { basename } from 'node:path'
import { formatDuration } from '../../duration.ts'
import { formatBytes } from '../../quantity.ts'
import { fileOf } from '../facts.ts'
import type { Bar, Timeline } from './lanes.ts'
import { html, type Markup } from './markup.ts'
import { percent } from './numbers.ts'
import { gridLines, type Tick } from './time-axis.ts'

/** Of all lanes together, where there are few of them or many. */
const MOST_HEIGHT = 640
const LANE_HEIGHT = { least: 7, most: 26 }

/** A bar that is wider than this part of the chart has its file's name in it. */
const NAMED_PART = 0.045

/** Parts of a lane's height. What is not the test's own time is thinner. */
const TEST_HEIGHT = 0.8
const AROUND_HEIGHT = 0.4

/**
 * What ran when: a row for each pod that there was at once. Drawn in percent of its width, so that it fits any window without a
 * script; text is not stretched.
 */
export function timelineChart({ bars, lanes, length }: Timeline, ticks: readonly Tick[]): Markup {
  const lane = Math.min(Math.max(MOST_HEIGHT / Math.max(lanes, 1), LANE_HEIGHT.least), LANE_HEIGHT.most)
  const height = Math.max(Math.round(lanes * lane), LANE_HEIGHT.most)
  return html`<div class="chart">
<svg class="labels" height="${height}" aria-hidden="true">${laneLabels(lanes, lane)}</svg>
<svg class="plot" height="${height}" role="img" aria-label="Timeline of ${bars.length} attempts in ${lanes} lanes">
${gridLines(ticks, length, height)}${bars.map((bar) => drawn(bar, lane, length))}
</svg>
</div>`
}

function laneLabels(lanes: number, lane: number): Markup[] {
  const every = lane >= 14 ? 1 : 5
  return Array.from({ length: lanes }, (_, index) => index + 1)
    .filter((number) => number === 1 || number % every === 0)
    .map(
      (number) =>
        html`<text class="tick" x="100%" y="${(number - 0.5) * lane}" dy=".35em" text-anchor="end">${number}</text>`,
    )
}

function drawn(bar: Bar, lane: number, length: number): Markup {
  const { waits, admitted, started, ran, stopped, pod, attempt } = bar
  const middle = (bar.lane + 0.5) * lane
  const isFailed = attempt === undefined ? pod.phase === 'Failed' : attempt.outcome === 'failed'
  const part = (name: string, from: number, to: number, tall: number) =>
    to > from &&
    html`<rect class="${name}" x="${percent(from, length)}" width="${percent(to - from, length)}" y="${short(middle - tall / 2)}" height="${short(tall)}"/>`
  return html`<a href="#${pod.name}"><title>${told(bar)}</title>${[
    part('p', waits, admitted, 2),
    part('s', admitted, started, lane * AROUND_HEIGHT),
    part(isFailed ? 'f' : 'r', started, ran, lane * TEST_HEIGHT),
    part('e', ran, stopped, lane * AROUND_HEIGHT),
    isNamed(bar, lane, length) && name(bar, middle, length),
    isFailed &&
      html`<circle class="mark" cx="${percent(stopped, length)}" cy="${short(middle)}" r="${Math.min(4, lane / 3)}"/>`,
  ]}</a>`
}

/** Cut off where the bar ends. */
function name({ pod, started, ran }: Bar, middle: number, length: number): Markup {
  const stem = basename(fileOf(pod)).replace(/\.(?:test|spec)\.\w+$/, '')
  return html`<svg x="${percent(started, length)}" width="${percent(ran - started, length)}" y="${short(middle - 10)}" height="20"><text x="5" y="10" dy=".35em">${stem}</text></svg>`
}

function isNamed({ started, ran }: Bar, lane: number, length: number): boolean {
  return lane >= 16 && ran - started > length * NAMED_PART
}

/** For who points at it. */
function told({ pod, attempt, waits, admitted, started, ran, stopped }: Bar): string {
  const which =
    attempt !== undefined && pod.attempts.length > 1 ? ` (attempt ${attempt.number} of ${pod.attempts.length})` : ''
  const reason = attempt === undefined ? pod.reason : attempt.reason
  const wait = attempt?.times.admitted === undefined ? admitted - waits : attempt.times.admitted - attempt.times.pending
  const durations = [
    `pending ${formatDuration(wait)}`,
    ...(attempt === undefined
      ? []
      : [
          `starting ${formatDuration(started - admitted)}`,
          `running ${formatDuration(ran - started)}`,
          `stopping ${formatDuration(stopped - ran)}`,
        ]),
  ]
  const { peakMemory, memoryLimit } = attempt ?? {}
  const memory =
    peakMemory === undefined
      ? ''
      : `\nmemory ${formatBytes(peakMemory)}${memoryLimit === undefined ? '' : ` of ${formatBytes(memoryLimit)}`}`
  return `${pod.files.join(', ')}${which}${reason === undefined ? '' : `: ${reason}`}\n${durations.join(', ')}${memory}`
}

function short(coordinate: number): number {
  return Math.round(coordinate * 10) / 10
}

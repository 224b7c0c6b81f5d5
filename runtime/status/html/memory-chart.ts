import { scaleLinear } from 'd3-scale'
import { area, curveStepAfter, line } from 'd3-shape'
import { formatBytes } from '../../quantity.ts'
import type { Bytes } from '../../units.ts'
import { html, type Markup } from './markup.ts'
import type { Reserved } from './reserved.ts'
import { gridLines, type Tick, tickLabels } from './time-axis.ts'

const HEIGHT = 130
const AXIS_HEIGHT = 24
/** The drawing is stretched to the width of the page; its lines are not (`vector-effect`). */
const WIDTH = 1000

/** The sum of the requests of admitted pods, below the line of what the node can allocate. */
export function memoryChart(
  steps: readonly Reserved[],
  allocatable: Bytes,
  length: number,
  ticks: readonly Tick[],
): Markup {
  const most = steps.reduce((highest, { memory }) => Math.max(highest, memory), allocatable)
  const x = scaleLinear([0, length], [0, WIDTH])
  const y = scaleLinear([0, most * 1.12], [HEIGHT, 0])
  const across = (step: Reserved) => short(x(step.time))
  const up = (step: Reserved) => short(y(step.memory))
  const filled = area<Reserved>(across, HEIGHT, up).curve(curveStepAfter)(steps) ?? ''
  const edge = line<Reserved>(across, up).curve(curveStepAfter)(steps) ?? ''
  const limit = short(y(allocatable))
  return html`<div class="chart">
<svg class="labels" height="${HEIGHT + AXIS_HEIGHT}" aria-hidden="true">${byteTicks(most).map(
    (value) =>
      html`<text class="tick" x="100%" y="${short(y(value))}" dy=".35em" text-anchor="end">${formatBytes(value)}</text>`,
  )}</svg>
<svg class="plot" height="${HEIGHT + AXIS_HEIGHT}" role="img" aria-label="Requested memory of the admitted pods: ${formatBytes(peakOf(steps))} at most, ${formatBytes(allocatable)} allocatable">
${gridLines(ticks, length, HEIGHT)}
<svg width="100%" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none"><path class="area" d="${filled}"/><path class="edge" d="${edge}"/></svg>
<line class="limit" x1="0" x2="100%" y1="${limit}" y2="${limit}"/><text class="limit-label" x="100%" y="${limit - 6}" text-anchor="end">allocatable ${formatBytes(allocatable)}</text>
<line class="base" x1="0" x2="100%" y1="${HEIGHT}" y2="${HEIGHT}"/>${tickLabels(ticks, length, HEIGHT + 17)}
</svg>
</div>`
}

export function peakOf(steps: readonly Reserved[]): Bytes {
  return steps.reduce((highest, { memory }) => Math.max(highest, memory), 0)
}

/** Round in powers of 1024, as they are written. */
function byteTicks(most: Bytes): Bytes[] {
  const unit = 1024 ** Math.max(Math.floor(Math.log2(Math.max(most, 1)) / 10), 0)
  const [base, factor] = most / unit < 4 && unit > 1 ? [unit / 1024, 256] : [unit, 1]
  return scaleLinear([0, most / base / factor], [0, 1])
    .ticks(4)
    .filter((value) => value > 0)
    .map((value) => value * base * factor)
}

function short(coordinate: number): number {
  return Math.round(coordinate * 100) / 100
}

import { scaleLinear, scalePoint } from 'd3-scale'
import { area, line } from 'd3-shape'
import { html, type Markup } from '../../../runtime/status/html/markup.ts'
import type { Cell, SweepSettings } from '../types.ts'
import { formatCpuLimit, formatMemoryLimit } from '../words.ts'

const WIDTH = 320
const HEIGHT = 180
const MARGIN = { left: 46, right: 14, top: 10, bottom: 26 } as const
const TICKS = [0, 0.5, 1]

/** Pass rate against memory, one line for each CPU limit, and the other way round. */
export function curves(cells: readonly Cell[], { memory, cpu }: Pick<SweepSettings, 'memory' | 'cpu'>): Markup {
  const byMemory: Chart = {
    title: 'Pass rate against memory, for each CPU limit',
    across: memory.map(formatMemoryLimit),
    lines: cpu.map(formatCpuLimit),
    place: (cell) => formatMemoryLimit(cell.memory),
    belongs: (cell) => formatCpuLimit(cell.cpu),
  }
  const byCpu: Chart = {
    title: 'Pass rate against CPU, for each memory limit',
    across: cpu.map(formatCpuLimit),
    lines: memory.map(formatMemoryLimit),
    place: (cell) => formatCpuLimit(cell.cpu),
    belongs: (cell) => formatMemoryLimit(cell.memory),
  }
  return html`${[byMemory, byCpu].filter(({ across }) => across.length > 1).map((chart) => curveChart(chart, cells))}`
}

interface Chart {
  readonly title: string
  readonly across: readonly string[]
  readonly lines: readonly string[]
  place(cell: Cell): string
  belongs(cell: Cell): string
}

interface Point {
  readonly x: number
  readonly rate: number
  readonly low: number
  readonly high: number
}

function curveChart(chart: Chart, cells: readonly Cell[]): Markup {
  const x = scalePoint([...chart.across], [MARGIN.left, WIDTH - MARGIN.right]).padding(0.2)
  const y = scaleLinear([0, 1], [HEIGHT - MARGIN.bottom, MARGIN.top])
  const drawn = chart.lines.flatMap((name, index) => {
    const points = chart.across.flatMap((place) => {
      const cell = cells.find((each) => chart.place(each) === place && chart.belongs(each) === name && each.runs > 0)
      return cell === undefined ? [] : [toPoint(cell, x(place) ?? 0)]
    })
    return points.length === 0 ? [] : [{ name, index, points }]
  })
  return html`<figure><figcaption>${chart.title}</figcaption>
<svg class="curves" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${chart.title}: ${drawn.map(({ name, points }) => `${name}: ${points.map(({ rate }) => `${Math.round(rate * 100)} %`).join(', ')}`).join('; ')}">
${TICKS.map((tick) => html`<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${round(y(tick))}" y2="${round(y(tick))}"/><text class="tick" x="${MARGIN.left - 6}" y="${round(y(tick))}" dy=".35em" text-anchor="end">${tick * 100} %</text>`)}
${chart.across.map((place) => html`<text class="tick" x="${round(x(place) ?? 0)}" y="${HEIGHT - 8}" text-anchor="middle">${place}</text>`)}
${drawn.map(({ index, points }) => html`<path class="band c${index}" d="${band(points, y)}"/>`)}
${drawn.map(({ index, points }) => html`<path class="curve c${index}" d="${path(points, y)}"/>${points.map(({ x: at, rate }) => html`<circle class="dot c${index}" cx="${round(at)}" cy="${round(y(rate))}" r="3"/>`)}`)}
</svg><ul class="legend">${drawn.map(({ name, index }) => html`<li><i class="c${index}"></i>${name}</li>`)}</ul></figure>`
}

function toPoint({ estimate, low, high }: Cell, x: number): Point {
  return { x, rate: 1 - estimate, low: 1 - high, high: 1 - low }
}

function band(points: readonly Point[], y: (rate: number) => number): string {
  return (
    area<Point>(
      (point) => round(point.x),
      (point) => round(y(point.low)),
      (point) => round(y(point.high)),
    )([...points]) ?? ''
  )
}

function path(points: readonly Point[], y: (rate: number) => number): string {
  return (
    line<Point>(
      (point) => round(point.x),
      (point) => round(y(point.rate)),
    )([...points]) ?? ''
  )
}

function round(coordinate: number): number {
  return Math.round(coordinate * 100) / 100
}

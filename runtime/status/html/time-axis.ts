import { scaleLinear } from 'd3-scale'
import type { Milliseconds } from '../../units.ts'
import { html, type Markup } from './markup.ts'
import { percent } from './numbers.ts'

export interface Tick {
  readonly at: Milliseconds
  readonly label: string
}

const UNITS = [
  { name: 'h', milliseconds: 3_600_000 },
  { name: 'min', milliseconds: 60_000 },
  { name: 's', milliseconds: 1000 },
  { name: 'ms', milliseconds: 1 },
] as const

/** Round moments of a run, in the largest unit of which it lasted two. */
export function timeTicks(length: Milliseconds): Tick[] {
  const { name, milliseconds } = UNITS.find((unit) => length >= 2 * unit.milliseconds) ?? UNITS[3]
  const ticks = scaleLinear([0, length / milliseconds], [0, 1]).ticks(6)
  return ticks.map((value) => ({ at: value * milliseconds, label: `${value} ${name}` }))
}

/** Vertical lines at ticks, through a drawing of this height. */
export function gridLines(ticks: readonly Tick[], length: Milliseconds, height: number): Markup[] {
  return ticks.map(({ at }) => {
    const x = percent(at, length)
    return html`<line class="grid" x1="${x}" x2="${x}" y1="0" y2="${height}"/>`
  })
}

/** The words below; every other one may be left out where there is no room. */
export function tickLabels(ticks: readonly Tick[], length: Milliseconds, y: number): Markup[] {
  return ticks.map(({ at, label }, index) => {
    const anchor = index === 0 ? 'start' : at > length * 0.95 ? 'end' : 'middle'
    return html`<text class="tick${index % 2 === 1 && ' odd'}" x="${percent(at, length)}" y="${y}" text-anchor="${anchor}">${label}</text>`
  })
}

import type { Milliseconds } from '../../units.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** For people: `85 ms`, `1.25 s`, `2 min 5 s`, `1 h 12 min`. */
export function formatDuration(duration: Milliseconds): string {
  if (duration < SECOND) return `${Math.round(duration)} ms`
  if (duration < 10 * SECOND) return `${(duration / SECOND).toFixed(2)} s`
  if (duration < MINUTE) return `${(duration / SECOND).toFixed(1)} s`
  const [large, small, whole] = duration < HOUR ? ([MINUTE, SECOND, 'min'] as const) : ([HOUR, MINUTE, 'h'] as const)
  const smalls = Math.round(duration / small)
  const perLarge = large / small
  return `${Math.floor(smalls / perLarge)} ${whole} ${smalls % perLarge} ${small === SECOND ? 's' : 'min'}`
}

/** Of a whole, for a coordinate: short, since a page has thousands of them. */
export function percent(part: number, whole: number): string {
  return `${whole === 0 ? 0 : Number(((part / whole) * 100).toFixed(3))}%`
}

/** `1 pod`, `7 pods`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

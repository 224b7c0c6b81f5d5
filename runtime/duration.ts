import type { Milliseconds } from './units.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/**
 * An age as kubectl prints it: `12s`, `3m20s`, `47m`, `5h30m`, `12h`, `3d4h`, `20d`.
 * After HumanDuration of k8s.io/apimachinery/pkg/util/duration, without its years.
 */
export function formatAge(age: Milliseconds): string {
  const ms = Math.max(0, age)
  if (ms < 2 * MINUTE) return `${Math.floor(ms / SECOND)}s`
  if (ms < 10 * MINUTE) return parts(ms, MINUTE, 'm', SECOND, 's')
  if (ms < 3 * HOUR) return `${Math.floor(ms / MINUTE)}m`
  if (ms < 8 * HOUR) return parts(ms, HOUR, 'h', MINUTE, 'm')
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)}h`
  if (ms < 8 * DAY) return parts(ms, DAY, 'd', HOUR, 'h')
  return `${Math.floor(ms / DAY)}d`
}

/** How long something took, short enough for a column: `8ms`, `1.25s`, `75s`, and from two minutes on as an age. */
export function formatDuration(duration: Milliseconds): string {
  const ms = Math.max(0, duration)
  if (ms < SECOND) return `${Math.round(ms)}ms`
  if (ms < 10 * SECOND) return `${(Math.floor(ms / 10) / 100).toFixed(2)}s`
  if (ms < 2 * MINUTE) return `${(Math.floor(ms / 100) / 10).toFixed(1)}s`
  return formatAge(ms)
}

function parts(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % large) / small)
  return `${Math.floor(ms / large)}${largeName}${rest === 0 ? '' : `${rest}${smallName}`}`
}

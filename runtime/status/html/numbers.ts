import type { Milliseconds } from '../../units.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

/** For people: `85 ms`, `1.25 s`, `2 min 5 s`, `1 h 12 min`. */
export function formatDuration(duration: Milliseconds): string {
  const [milliseconds, seconds, minutes] = [rounded(duration, 1), rounded(duration, SECOND), rounded(duration, MINUTE)]
  if (milliseconds < SECOND) return `${milliseconds} ms`
  if (milliseconds < 10 * SECOND) return `${(duration / SECOND).toFixed(2)} s`
  if (seconds < 60) return `${(duration / SECOND).toFixed(1)} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** Of a whole, for a coordinate: short, since a page has thousands of them. */
export function percent(part: number, whole: number): string {
  return `${whole === 0 ? 0 : Number(((part / whole) * 100).toFixed(3))}%`
}

/** `1 pod`, `7 pods`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function rounded(duration: Milliseconds, unit: Milliseconds): number {
  return Math.round(duration / unit)
}

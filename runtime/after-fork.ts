import { randomInt, randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'

/** What a fork of a zygote is to look like, as if it had been started by itself. */
export interface ProcessIdentity {
  readonly pid: number
  /** Absolute path of the program that it would have been started with. */
  readonly entry: string
  /** Node's arguments that it would have been started with. */
  readonly execArgv: readonly string[]
}

/** Random values that Node makes ahead: `kBatchSize` and `randomCache` of lib/internal/crypto/random.js (Node 20 to 26). */
const UUIDS_AHEAD = 128
const INTEGERS_AHEAD = 1024

// Taken at import, before anybody can replace them.
const { now, mark, measure } = performance
const uptime = process.uptime

/** Gives a fork what Node has computed once, in the zygote, and would go on telling. Call it first of all. */
export function becomeNewProcess({ pid, entry, execArgv }: ProcessIdentity): void {
  define(process, 'pid', pid)
  process.argv.splice(1, process.argv.length - 1, entry)
  define(process, 'execArgv', [...execArgv])
  // Forgets the directory that Node remembers; C has changed it.
  process.chdir('.')
  discardRandomValues()
}

/**
 * Lets the time of this process begin now: `performance.timeOrigin`, `performance.now()` and what rests on it, `process.uptime()`.
 */
export function beginTime(): void {
  const elapsed = now.call(performance)
  const lived = uptime()
  const timeOrigin = performance.timeOrigin + elapsed
  const sinceOrigin = (): number => now.call(performance) - elapsed
  define(performance, 'timeOrigin', timeOrigin)
  define(performance, 'now', sinceOrigin)
  define(performance, 'mark', (name: string, options?: PerformanceMarkOptions) =>
    mark.call(performance, name, { ...options, startTime: options?.startTime ?? sinceOrigin() }),
  )
  define(performance, 'measure', (name: string, start?: string | PerformanceMeasureOptions, end?: string) =>
    measure.call(performance, name, ...measured(start, end, sinceOrigin)),
  )
  shiftEventTimes(elapsed)
  define(process, 'uptime', () => uptime() - lived)
}

interface PerformanceMarkOptions {
  readonly detail?: unknown
  readonly startTime?: number
}

interface PerformanceMeasureOptions {
  readonly detail?: unknown
  readonly start?: number | string
  readonly end?: number | string
  readonly duration?: number
}

/** A measure without an end ends now, and without a start begins with the process: both by Node's own clock. */
function measured(
  start: string | PerformanceMeasureOptions | undefined,
  end: string | undefined,
  sinceOrigin: () => number,
): [PerformanceMeasureOptions] {
  const options = typeof start === 'object' ? start : { start: start ?? 0, ...(end === undefined ? {} : { end }) }
  if (options.end !== undefined || (options.start !== undefined && options.duration !== undefined)) return [options]
  return [{ ...options, end: sinceOrigin() }]
}

/** `event.timeStamp` is counted from the origin too. */
function shiftEventTimes(elapsed: number): void {
  const descriptor = Object.getOwnPropertyDescriptor(Event.prototype, 'timeStamp')
  const get = descriptor?.get
  if (get === undefined) return
  Object.defineProperty(Event.prototype, 'timeStamp', {
    ...descriptor,
    get(this: Event): number {
      return get.call(this) - elapsed
    },
  })
}

/** What the zygote made and did not use, forks would hand out one after another, each the same. */
function discardRandomValues(): void {
  for (let i = 0; i < UUIDS_AHEAD; i++) randomUUID()
  for (let i = 0; i < INTEGERS_AHEAD; i++) randomInt(2)
}

function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: true })
}

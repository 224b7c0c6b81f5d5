import { performance } from 'node:perf_hooks'

/** What a fork of a zygote is to look like, as if it had been started by itself. */
export interface ProcessIdentity {
  readonly pid: number
  /** Absolute path of the program that it would have been started with. */
  readonly entry: string
  /** Node's arguments that it would have been started with. */
  readonly execArgv: readonly string[]
}

/** Gives a process what Node has computed once, in the zygote, and would go on telling. Call it first of all. */
export function becomeNewProcess({ pid, entry, execArgv }: ProcessIdentity): void {
  define(process, 'pid', pid)
  process.argv.splice(1, process.argv.length - 1, entry)
  define(process, 'execArgv', [...execArgv])
  // Forgets the directory that Node remembers; C has changed it.
  process.chdir('.')
}

// Taken at import, before anybody can replace them.
const { now: nodeNow, mark, measure, timeOrigin: nodeTimeOrigin } = performance
const { now: wallNow } = Date
/** When the time of this process begins, by Node's own clock: milliseconds since the zygote began. */
let origin = 0
/** The same by the clock on the wall. */
let timeOrigin = nodeTimeOrigin
const now = (): number => nodeNow.call(performance) - origin

/** Lets the time of this process begin now. */
export function beginTime(): void {
  origin = nodeNow.call(performance)
  const wall = wallNow()
  const after = nodeNow.call(performance)
  // Node's is exact, but that the clock may have been set since the zygote began. `wall` is in whole milliseconds.
  const isOnTime = wall > nodeTimeOrigin + origin - 1 && wall <= nodeTimeOrigin + after
  timeOrigin = isOnTime ? nodeTimeOrigin + origin : wall
}

/**
 * Makes what tells time obey `beginTime`: `performance.timeOrigin`, `performance.now()` and what rests on it, `process.uptime()`.
 * Done in the zygote, so that a fork has less to write.
 */
export function rebaseTime(): void {
  Object.defineProperty(performance, 'timeOrigin', {
    get: () => timeOrigin,
    configurable: true,
    enumerable: true,
  })
  define(performance, 'now', now)
  define(performance, 'mark', (name: string, options?: PerformanceMarkOptions) =>
    mark.call(performance, name, { ...options, startTime: options?.startTime ?? now() }),
  )
  define(performance, 'measure', (name: string, start?: string | PerformanceMeasureOptions, end?: string) =>
    measure.call(performance, name, measured(start, end)),
  )
  rebaseEvents()
  define(process, 'uptime', () => now() / 1000)
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
): PerformanceMeasureOptions {
  const options = typeof start === 'object' ? start : { start: start ?? 0, ...(end === undefined ? {} : { end }) }
  if (options.end !== undefined || (options.start !== undefined && options.duration !== undefined)) return options
  return { ...options, end: now() }
}

/** `event.timeStamp` is counted from the origin too. */
function rebaseEvents(): void {
  const descriptor = Object.getOwnPropertyDescriptor(Event.prototype, 'timeStamp')
  const get = descriptor?.get
  if (get === undefined) return
  Object.defineProperty(Event.prototype, 'timeStamp', {
    ...descriptor,
    get(this: Event): number {
      return get.call(this) - origin
    },
  })
}

function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: true })
}

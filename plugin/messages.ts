/**
 * The messages that travel between the pool and its worker beside Vitest's own. Each is an object with a `mydocker` property,
 * which no message of Vitest has. Main parses what a pod sends (notes.ts); this file is loaded inside pods too and stays small.
 */

/** First message to a worker: what it needs before it can load Vitest. */
export interface Bootstrap {
  readonly mydocker: 'bootstrap'
  /** `dist` directory of the Vitest that the main process runs: worker and tests must share its modules. */
  readonly distPath: string
  /** Of Math.random; absent when it is to be as random as ever. */
  readonly seed?: string | undefined
  /** What it takes for the time of day; absent: the machine's. */
  readonly clock?: Clock | undefined
  /** What to look for; absent when nobody has asked whether the file is hermetic. */
  readonly hermetic?: HermeticWatch | undefined
}

/** A time of day of a worker's own. */
export interface Clock {
  /** The time at which it begins, as `Date.prototype.toISOString` writes it. It goes on from there. */
  readonly start: string
  /** IANA name of the time zone. */
  readonly timeZone: string
}

/** What a worker has to know to tell what a hermetic test would not do. */
export interface HermeticWatch {
  /** Names of the variables that the configuration sets. */
  readonly declared: readonly string[]
  /** The environment is made of little more than those: a variable that is not there cannot be there on another machine. */
  readonly isClean: boolean
  /** The container has the network of the host, where connections succeed that a hermetic test would not make. */
  readonly isOnHostNetwork: boolean
}

/** First message to a zygote. Then it rehearses: it does what Vitest's messages say, until its channel ends. */
export interface PrepareZygote {
  readonly mydocker: 'prepare-zygote'
  readonly distPath: string
  /** URLs of modules to load ahead. */
  readonly modules: readonly string[]
  /** What its forks are to give as their program and Node's arguments: those of a pod that was started cold. */
  readonly entry: string
  readonly execArgv: readonly string[]
}

/** Answer to `carry-end` and `remove`, once main has done it or refused. */
export interface Carried {
  readonly mydocker: 'carried'
  readonly id: number
  readonly error?: string | undefined
}

/** Why a file leaves the pod. `snapshot` and `coverage` land at their own path, `attachment` where main puts it. */
export type Purpose = 'snapshot' | 'coverage' | 'attachment'

/** A connection that could not be made; a library may have swallowed the error. */
export interface FailedConnection {
  readonly code: string
  readonly syscall: string
  readonly address?: string | undefined
  readonly hostname?: string | undefined
  readonly port?: number | undefined
}

/** Of a listening socket that is not a path. */
export interface OpenedPort {
  readonly protocol: 'tcp' | 'udp'
  readonly port: number
}

/** What test code did that only a worker sees, once each, when it is to be told whether the file is hermetic. */
export type Trace =
  /** A variable that nothing has declared was asked for. */
  | { readonly mydocker: 'read-variable'; readonly name: string }
  /** A function whose result depends on the time zone was called: `Date.prototype.getHours`. */
  | { readonly mydocker: 'used-local-time'; readonly what: string }
  /** A connection was made, on the network of the host; `isLocal`: to a server on this machine. */
  | { readonly mydocker: 'connected'; readonly address: string; readonly port: number; readonly isLocal: boolean }
  /** A host name was to be looked up. */
  | { readonly mydocker: 'looked-up'; readonly hostname: string }

/** Everything that a worker says to the pool itself. */
export type WorkerNote =
  /** A file follows in chunks; `carry-end` says that it is complete, or could not be read (`error`). */
  | { readonly mydocker: 'carry'; readonly id: number; readonly purpose: Purpose; readonly path: string }
  | { readonly mydocker: 'chunk'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly mydocker: 'carry-end'; readonly id: number; readonly error?: string | undefined }
  /** A snapshot file that nothing uses any more was deleted. */
  | { readonly mydocker: 'remove'; readonly id: number; readonly path: string }
  /** A test began, or reached its result, ahead of Vitest's own batched report. */
  | { readonly mydocker: 'test-started'; readonly test: string }
  | {
      readonly mydocker: 'test-finished'
      readonly test: string
      readonly result: Readonly<Record<string, unknown>>
      readonly meta: Readonly<Record<string, unknown>>
    }
  | ({ readonly mydocker: 'connect-failed' } & FailedConnection)
  | ({ readonly mydocker: 'port-opened' } & OpenedPort)
  | Trace

/** Whether a frame is one of ours (and not Vitest's), before it is parsed. */
export function isNote(message: unknown): message is { mydocker: unknown } {
  return typeof message === 'object' && message !== null && 'mydocker' in message
}

/** Marks the path of an attachment that main received: the worker writes it where Vitest expects a path. */
const CARRIED_PREFIX = 'mydocker-carried:'

export function carriedPath(id: number): string {
  return `${CARRIED_PREFIX}${id}`
}

/** @returns the id in a path made by {@link carriedPath} */
export function carriedId(path: string): number | undefined {
  if (!path.startsWith(CARRIED_PREFIX)) return undefined
  const number = Number(path.slice(CARRIED_PREFIX.length))
  return Number.isSafeInteger(number) ? number : undefined
}

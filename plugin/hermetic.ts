import { homedir, tmpdir } from 'node:os'
import { resolve } from 'node:path'
import type { PoolOptions } from 'vitest/node'
import type { Container } from '../runtime/container.ts'
import { messageOf } from '../runtime/errors.ts'
import type { Event } from '../runtime/event.ts'
import { listenersOfProcessTree } from '../runtime/ports.ts'
import type { ProcessInfo } from '../runtime/spec.ts'
import type { HermeticFinding } from '../runtime/status/types.ts'
import { type Allowed, hermeticFindings } from './hermetic-findings.ts'
import { hermeticityUnknown, hermeticWarning, notHermetic } from './hermetic-text.ts'
import type { FailedConnection, HermeticWatch, OpenedPort, Trace, WorkerNote } from './messages.ts'
import { persistPolicy } from './persist.ts'
import type { PodSpec } from './pod-spec.ts'
import type { FileRecord } from './recorder.ts'
import { configuredVariables } from './surroundings.ts'
import type { TaskError, Verdict } from './verdict.ts'
import { at, coverageDirectory, isFileEnd, type RpcRequest } from './vitest.ts'
import { writableRoots } from './workspace.ts'

/** Made for what nobody is to keep. */
const TEMPORARY = ['/tmp', '/var/tmp', '/dev/shm', '/dev/mqueue']
/** A worker tells fewer; test code could write to its channel by itself. */
const MOST_TRACES = 512

/** What a container leaves to look at when it has ended, before it is removed. */
export interface Remains {
  readonly container: Pick<Container, 'changes'>
  readonly failedConnections: readonly FailedConnection[]
  readonly openedPorts: readonly OpenedPort[]
  readonly leftBehind: readonly ProcessInfo[]
}

/**
 * Finds out whether a test file is hermetic: whether its outcome can depend on the machine, on who runs it, or on what ran before.
 * With `enforce` the file fails if it is not. Its last word to Vitest waits for that, because only when its processes have
 * ended is everything known.
 */
export class HermeticAudit {
  /** What the worker has to know. */
  readonly watch: HermeticWatch
  readonly isEnforced: boolean
  readonly #spec: PodSpec
  readonly #options: PoolOptions
  /** For texts: relative to the project's root. */
  readonly #file: string
  readonly #traces: Trace[] = []
  #findings: readonly HermeticFinding[] | undefined
  #problem = 'its container has not ended'
  #isEndWithheld = false

  /** @returns undefined when nobody has asked */
  static of(spec: PodSpec, options: PoolOptions, file: string): HermeticAudit | undefined {
    return spec.hermetic === 'off' ? undefined : new HermeticAudit(spec, options, file)
  }

  private constructor(spec: PodSpec, options: PoolOptions, file: string) {
    this.#spec = spec
    this.#options = options
    this.#file = file
    this.isEnforced = spec.hermetic === 'enforce'
    this.watch = {
      declared: [...configuredVariables(options.project), ...Object.keys(spec.env.set)],
      isClean: spec.env.clean,
      isOnHostNetwork: spec.network.mode === 'host',
    }
  }

  /** Undefined until the container has ended. */
  get findings(): readonly HermeticFinding[] | undefined {
    return this.#findings
  }

  take(note: WorkerNote): void {
    if (isTrace(note) && this.#traces.length < MOST_TRACES) this.#traces.push(note)
  }

  /** @returns a report of the worker without the file's end, which Vitest is told later: see `lastWord` */
  withhold(message: RpcRequest, file: FileRecord | undefined): RpcRequest {
    const [packs, events] = message.a
    if (!this.isEnforced || file === undefined || message.m !== 'onTaskUpdate' || !Array.isArray(events)) return message
    const others = events.filter((event) => !isFileEnd(event, file.file.id))
    if (others.length === events.length) return message
    this.#isEndWithheld = true
    return { ...message, a: [packs, others] }
  }

  /** Call when the container has ended, and before it is removed. Never rejects. */
  async conclude({ container, ...remains }: Remains): Promise<void> {
    try {
      const deeds = { ...remains, changes: await container.changes(), traces: this.#traces }
      this.#findings = hermeticFindings(deeds, this.#allowed())
    } catch (error) {
      this.#problem = messageOf(error)
    }
  }

  /** For who only wants to know. */
  get warning(): Event | undefined {
    if (this.isEnforced || this.#findings?.length === 0) return undefined
    const message =
      this.#findings === undefined
        ? hermeticityUnknown(this.#file, this.#problem).message
        : hermeticWarning(this.#file, this.#findings)
    return { type: 'Warning', reason: 'NotHermetic', message }
  }

  /** What is left to tell Vitest of the file: the arguments of one `onTaskUpdate`. */
  lastWord({ file, results, metas }: FileRecord): Verdict {
    const { error } = this
    const result = results.get(file.id)
    const errors = at(result, 'errors')
    const failed = { ...result, state: 'fail', errors: [...(Array.isArray(errors) ? errors : []), error] }
    return {
      packs: error === undefined ? [] : [[file.id, failed, metas.get(file.id) ?? file.meta]],
      events: this.#isEndWithheld ? [[file.id, 'suite-finished', undefined]] : [],
    }
  }

  /** Why the file fails, if it has to be hermetic. */
  get error(): TaskError | undefined {
    if (this.#findings === undefined) return hermeticityUnknown(this.#file, this.#problem)
    return this.#findings.length === 0 ? undefined : notHermetic(this.#file, this.#findings)
  }

  #allowed(): Allowed {
    const { env, volumes, hostname, network } = this.#spec
    const isOnHostNetwork = network.mode === 'host'
    const emptyDirs = volumes.filter(({ hostPath }) => hostPath === undefined).map(({ mountPath }) => mountPath)
    const temporary = resolve(env.set.TMPDIR ?? tmpdir())
    const { root } = this.#options.project.config
    return {
      directories: [...writableRoots(root), ...TEMPORARY, temporary, ...emptyDirs, ...this.#ofTools()],
      home: env.set.HOME ?? homedir(),
      hostnames: [hostname],
      // On a loopback of its own there is nothing that is not.
      ports: isOnHostNetwork ? listenersOfProcessTree(process.pid).map(({ port }) => port) : [],
      isOnHostNetwork,
    }
  }

  /** Where Node and Vitest write by themselves. */
  #ofTools(): string[] {
    const { reports } = persistPolicy(this.#options, this.#spec)
    const own = [coverageDirectory(this.#options.project), this.#options.env.NODE_COMPILE_CACHE]
    return [...reports.map(({ directory }) => directory), ...own].filter((directory) => directory !== undefined)
  }
}

function isTrace(note: WorkerNote): note is Trace {
  return TRACES.has(note.mydocker)
}

const TRACES: ReadonlySet<string> = new Set<Trace['mydocker']>([
  'read-variable',
  'used-local-time',
  'connected',
  'looked-up',
])

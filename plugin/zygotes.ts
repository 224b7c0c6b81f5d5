import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { MydockerError } from '../runtime/errors.ts'
import type { EventSink } from '../runtime/event.ts'
import type { Zygote } from '../runtime/zygote.ts'
import { LoadedFiles } from './loaded-files.ts'
import { startZygote, type ZygoteRequest } from './start-zygote.ts'
import { tracesEnabled } from './vitest.ts'
import { writableRoots } from './workspace.ts'

/** A second one may have been bad luck, a third is not. */
const MOST_DEATHS = 3

/**
 * What Node, V8, libc, ICU and OpenSSL read when a process starts, and what packages that a zygote loads read when they are loaded.
 * Every other variable is given to a fork as if it had always had it.
 */
const READ_AT_START =
  /^(NODE_.+|UV_.+|LD_.+|MALLOC_.+|GLIBC_.+|LC_.+|LANG|LANGUAGE|TZ|ICU_.+|OPENSSL_.+|SSL_.+|NO_COLOR|FORCE_COLOR|COLORTERM|TERM|TERM_.+|CI|DEBUG|VITEST.*|VITE_.+|MODE|DEV|PROD|TEST|NODE)$/

/** Flags of Node that a fork could not honour, each of which has its own way to write at the end of a process or a thread of its own. */
const UNFORKABLE_FLAGS =
  /^--(inspect|cpu-prof|heap-prof|prof|perf-|interpreted-frames-native-stack|trace-event|diagnostic-dir|report-|heapsnapshot|experimental-permission|permission)/

const LOCK_FILES = [
  'package-lock.json',
  'npm-shrinkwrap.json',
  'yarn.lock',
  'pnpm-lock.yaml',
  'bun.lock',
  'bun.lockb',
  'node_modules/.package-lock.json',
  'node_modules/.modules.yaml',
  'node_modules/.yarn-state.yml',
]

interface Entry {
  readonly zygote: Promise<Zygote>
  readonly loaded: LoadedFiles
}

/** The zygotes of one run, each started when the first pod needs it. */
export class Zygotes {
  readonly #entries = new Map<string, Entry>()
  /** Projects whose pods are started cold, and how often their zygotes have died. */
  readonly #impossible = new Set<string>()
  readonly #deaths = new Map<string, number>()
  readonly #projects = new Map<object, number>()
  readonly #onEvent: EventSink
  readonly #directory: () => Promise<string>
  #closed = false

  /** @param directory a private one of the run */
  constructor(onEvent: EventSink, directory: () => Promise<string>) {
    this.#onEvent = onEvent
    this.#directory = directory
  }

  /** Whether one is there or on its way. */
  has(request: ZygoteRequest): boolean {
    return this.#entries.has(this.#key(request))
  }

  /** @returns one that serves; undefined when this pod has to be started cold, of which an event has told the cause */
  async obtain(request: ZygoteRequest): Promise<Zygote | undefined> {
    const key = this.#key(request)
    if (this.#closed || this.#impossible.has(key)) return undefined
    const obstacle = findObstacle(request)
    if (obstacle !== undefined) return this.#giveUp(key, request, obstacle)
    const entry = this.#entries.get(key) ?? this.#begin(key, request)
    try {
      return await entry.zygote
    } catch (error) {
      if (this.#entries.get(key) === entry) this.#entries.delete(key)
      return this.#giveUp(key, request, error instanceof MydockerError ? error.summary : String(error))
    }
  }

  /** Ends those that have loaded what is not there any more. To be called when a run begins. */
  check(): void {
    for (const [key, entry] of this.#entries) {
      if (entry.loaded.areUnchanged()) continue
      this.#entries.delete(key)
      endQuietly(entry.zygote)
    }
  }

  close(): void {
    this.#closed = true
    for (const { zygote } of this.#entries.values()) endQuietly(zygote)
    this.#entries.clear()
  }

  #begin(key: string, request: ZygoteRequest): Entry {
    const loaded = new LoadedFiles(lockFiles(request))
    const zygote = startZygote(request, this.#onEvent, this.#directory, loaded)
    const entry = { zygote, loaded }
    this.#entries.set(key, entry)
    zygote.then(
      ({ died }) => died.then((error) => this.#died(key, entry, error)),
      () => {},
    )
    return entry
  }

  #died(key: string, entry: Entry, error: MydockerError): void {
    if (this.#closed || this.#entries.get(key) !== entry) return
    this.#entries.delete(key)
    const deaths = (this.#deaths.get(key) ?? 0) + 1
    this.#deaths.set(key, deaths)
    const isLast = deaths === MOST_DEATHS
    if (isLast) this.#impossible.add(key)
    const consequence = isLast ? 'the files that are left are started without one' : 'another one takes its place'
    if (deaths === 1 || isLast) {
      this.#onEvent({ type: 'Warning', reason: 'ZygoteDied', message: `${error.summary}; ${consequence}` })
    }
  }

  #giveUp(key: string, { options }: ZygoteRequest, cause: string): undefined {
    if (this.#closed || this.#impossible.has(key)) return
    this.#impossible.add(key)
    const { name } = options.project
    const who = name === '' ? 'test files' : `test files of project '${name}'`
    this.#onEvent({
      type: 'Warning',
      reason: 'ZygoteUnavailable',
      message: `${who} are started with 'exec': ${cause}`,
    })
  }

  #key({ options, start, env, workingDir, warm }: ZygoteRequest): string {
    const { project, execArgv, environment } = options
    const number = this.#projects.get(project) ?? this.#projects.size
    this.#projects.set(project, number)
    // What a warmed module reads is not known.
    const relevant = Object.entries(env).filter(([name]) => warm.length > 0 || READ_AT_START.test(name))
    const { name, options: environmentOptions } = environment
    const traces = tracesEnabled(start)
    return JSON.stringify([number, execArgv, name, environmentOptions, relevant.sort(), workingDir, warm, traces])
  }
}

/** @returns why pods like this cannot be forked, as far as it is known beforehand */
function findObstacle({ options, start, env, workingDir }: ZygoteRequest): string | undefined {
  const flags = [...options.execArgv, ...(env.NODE_OPTIONS ?? '').split(/\s+/)]
  const flag = flags.find((each) => UNFORKABLE_FLAGS.test(each))
  if (flag !== undefined) return `Node's ${flag.replace(/=.*$/, '')} cannot be shared by forks of one process`
  if (env.NODE_V8_COVERAGE !== undefined) return 'NODE_V8_COVERAGE is set, which Node writes when a process ends'
  if (!existsSync(workingDir)) return `their workingDir ${workingDir} is not a directory outside of containers`
  if (tracesEnabled(start)) return 'OpenTelemetry is enabled, whose exporters cannot be forked'
  return undefined
}

/** What a package manager writes when it changes packages; of a change of the configuration Vitest makes a new run. */
function lockFiles({ options }: ZygoteRequest): string[] {
  const { root } = options.project.config
  return writableRoots(root).flatMap((each) => LOCK_FILES.map((file) => join(each, file)))
}

function endQuietly(zygote: Promise<Zygote>): void {
  zygote.then(
    (each) => each.close(),
    () => {},
  )
}

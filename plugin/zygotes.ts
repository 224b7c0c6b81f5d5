import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PoolOptions } from 'vitest/node'
import { MydockerError } from '../runtime/errors.ts'
import type { EventSink } from '../runtime/event.ts'
import { packageAbove, packageDirectory } from '../runtime/package.ts'
import { Zygote } from '../runtime/zygote.ts'
import { workerEntry } from './container-spec.ts'
import { LoadedFiles } from './loaded-files.ts'
import type { Bootstrap } from './messages.ts'
import { openTheatre, rehearse } from './rehearsal.ts'
import { logStreams, rpcMethods, tracesEnabled } from './vitest.ts'
import { warmModules } from './warm-modules.ts'
import { workspaceRoot } from './workspace.ts'

/** What a pod needs of a zygote. Two pods that need the same can have the same one. */
export interface ZygoteRequest {
  readonly options: PoolOptions
  /** Vitest's own `start` message. */
  readonly start: unknown
  /** Of the pod. */
  readonly env: Readonly<Record<string, string>>
  readonly workingDir: string
  readonly warm: readonly string[]
}

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
function findObstacle({ options, start, env }: ZygoteRequest): string | undefined {
  const flags = [...options.execArgv, ...(env.NODE_OPTIONS ?? '').split(/\s+/)]
  const flag = flags.find((each) => UNFORKABLE_FLAGS.test(each))
  if (flag !== undefined) return `Node's ${flag.replace(/=.*$/, '')} cannot be shared by forks of one process`
  if (env.NODE_V8_COVERAGE !== undefined) return 'NODE_V8_COVERAGE is set, which Node writes when a process ends'
  if (tracesEnabled(start)) return 'OpenTelemetry is enabled, whose exporters cannot be forked'
  return undefined
}

async function startZygote(
  request: ZygoteRequest,
  onEvent: EventSink,
  directory: () => Promise<string>,
  loaded: LoadedFiles,
): Promise<Zygote> {
  const { options, start, env, workingDir, warm } = request
  const { project, distPath, execArgv, environment } = options
  // First of all: the rest is done while Node starts.
  const zygote = new Zygote({ module: ZYGOTE_MODULE, execArgv, env, workingDir })
  const { stdout, stderr } = logStreams(project.vitest)
  zygote.stdout.pipe(stdout, { end: false })
  zygote.stderr.pipe(stderr, { end: false })
  try {
    const methods = await rpcMethods(project, distPath)
    const modules = await warmModules(warm, project.config.root, environment.name, methods)
    for (const message of modules.problems) onEvent({ type: 'Warning', reason: 'NotWarmed', message })
    loaded.add(modules.urls.flatMap(filesOfModule))
    const task = { mydocker: 'prepare-zygote', distPath, modules: modules.urls, entry: workerEntry, execArgv } as const
    const theatre = await openTheatre(start, project.config.root, methods, await directory())
    await Promise.race([rehearse(zygote.channel, task, theatre, false), failure(zygote)])
    const bootstrap: Bootstrap = { mydocker: 'bootstrap', distPath }
    await Promise.race([rehearse(zygote.rehearsalChannel, bootstrap, theatre, true), failure(zygote)])
    await zygote.serving
    return zygote
  } catch (error) {
    zygote.close()
    throw error
  }
}

/** Never resolves. @throws MydockerError: what a zygote that died has said of itself */
async function failure(zygote: Zygote): Promise<never> {
  throw await zygote.died
}

const ZYGOTE_MODULE = join(packageDirectory, 'dist/plugin/worker/zygote.js')

/** What a package manager writes when it changes packages; of a change of the configuration Vitest makes a new run. */
function lockFiles({ options }: ZygoteRequest): string[] {
  const { root } = options.project.config
  const roots = [...new Set([root, workspaceRoot(root)])]
  return roots.flatMap((each) => LOCK_FILES.map((file) => join(each, file)))
}

/** A warmed module and the manifest of its package; a module that only they import may change unnoticed. */
function filesOfModule(url: string): string[] {
  if (!url.startsWith('file:')) return []
  const file = fileURLToPath(url)
  const owner = packageAbove(dirname(file))
  return owner === undefined ? [file] : [file, join(owner, 'package.json')]
}

function endQuietly(zygote: Promise<Zygote>): void {
  zygote.then(
    (each) => each.close(),
    () => {},
  )
}

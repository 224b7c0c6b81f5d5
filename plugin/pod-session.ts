import { join, relative } from 'node:path'
import type { PoolOptions } from 'vitest/node'
import type { Container } from '../runtime/container.ts'
import { Deferred } from '../runtime/deferred.ts'
import { hostListeners } from '../runtime/ports.ts'
import { isBuiltinEnvironment } from './builtin-environments.ts'
import { type Death, deathError, type FailureReason, shortCommand } from './death.ts'
import { addHints, hintForConnection, type Surroundings } from './hints.ts'
import type { WorkerNote } from './messages.ts'
import { Output } from './output.ts'
import { nodeReports, persist } from './persist.ts'
import { Pod, type PodEnd } from './pod.ts'
import type { PodSpec } from './pod-spec.ts'
import { Profile } from './profile.ts'
import { type FileRecord, Recorder } from './recorder.ts'
import type { Run } from './run.ts'
import { runningTests, type TaskError } from './verdict.ts'
import {
  at,
  coverageDirectory,
  isRpcRequest,
  isRpcResponse,
  logStreams,
  response,
  type WorkerResponse,
} from './vitest.ts'
import { workspaceRoot } from './workspace.ts'

/**
 * How long a worker may take for its teardown. Less than Vitest's teardownTimeout (10 s), and than its 60 s for `stopped`, after which it would
 * forget the worker without stopping it.
 */
const STOP_MS = 5000
/**
 * From `stopped` to the end of the container: Node writes its reports, and PID 1 gives what was left behind its moment of grace and
 * names it. With STOP_MS it is less than Vitest's teardownTimeout.
 */
const EXIT_MS = 3000

/** A test that is shorter cannot have started a process that filled a container's memory; asking the kernel after each of them costs more. */
const CHILD_OOM_MS = 5

/** How the run of some files in a pod ended: with the worker's word, or with the pod's death in one of the files. */
export type Outcome =
  | { readonly finished: WorkerResponse }
  | { readonly died: TaskError; readonly record: FileRecord | undefined }

export interface SessionContext {
  readonly run: Run
  readonly options: PoolOptions
  /** Vitest's own `start` message. */
  readonly start: unknown
  readonly signal: AbortSignal
  /** Passes a message of the worker on to Vitest. */
  emit(message: unknown): void
}

/** One pod from its creation to its removal, and what was learnt of it on the way. */
export class PodSession {
  readonly spec: PodSpec
  readonly recorder = new Recorder()
  readonly #context: SessionContext
  readonly #container: Container
  readonly #profile: Profile
  readonly #pod: Pod
  readonly #network: Surroundings
  #end: PodEnd | undefined
  #onResponse: ((response: WorkerResponse) => void) | undefined
  #deadline: NodeJS.Timeout | undefined
  #deadlineExceeded = false
  #hinted = false
  /** It is being killed; what it still says would only contradict the verdict. */
  #condemned = false
  /** The environment could not be set up. */
  readonly #startFailed = new Deferred<Extract<Outcome, { died: unknown }>>()
  #failure: FailureReason | undefined
  #stopped = false
  #closing: Promise<void> | undefined
  readonly #closed = new Deferred<void>()
  /** Files that ran here. */
  readonly #files = new Set<string>()

  /**
   * Builds the pod when its turn has come and loads Vitest in it.
   * @throws MydockerError when it cannot be built; AbortError when it is no longer wanted
   */
  static async open(context: SessionContext, spec: PodSpec): Promise<PodSession> {
    const profile = new Profile()
    const container = await context.run.containers.obtain(context, spec)
    profile.reach('container')
    const session = new PodSession(context, spec, container, profile)
    context.run.opened(session)
    if (context.signal.aborted) await session.close()
    return session
  }

  private constructor(context: SessionContext, spec: PodSpec, container: Container, profile: Profile) {
    this.#context = context
    this.#profile = profile
    this.spec = spec
    this.#container = container
    this.#network = { network: spec.network.mode, hostListeners }
    const { project } = context.options
    const log = logStreams(project.vitest)
    this.#pod = new Pod(
      container,
      { stdout: new Output(container.stdout, log.stdout), stderr: new Output(container.stderr, log.stderr) },
      {
        roots: writableRoots(project.config.root),
        coverageDirectory: coverageDirectory(project),
        maxBytes: spec.ephemeralStorage,
        privateDirectory: async () => join(await context.run.privateDirectory(), container.name),
      },
      {
        onRpc: (message) => this.#receive(message),
        onResponse: (message) => {
          if (message.type === 'started') this.#answeredStart(message)
          else if (!this.#condemned) this.#onResponse?.(message)
        },
        onNote: (note) => this.#note(note),
      },
    )
    this.#armDeadline()
    void this.#pod.ended.then((end) => {
      this.#end = end
      clearTimeout(this.#deadline)
    })
    // Files differ from one another, and are the same in every run.
    const seed = spec.seed === undefined ? undefined : `${spec.seed} ${relativeFile(context.options, spec.file)}`
    this.#pod.bootstrap(context.options.distPath, seed)
  }

  /** Resolves when the pod has been removed. */
  get closed(): Promise<void> {
    return this.#closed.promise
  }

  get alive(): boolean {
    return this.#end === undefined && this.#closing === undefined
  }

  /** Sends an answer of Vitest to a question of the worker, or an event. */
  send(message: unknown): void {
    if (isRpcResponse(message)) this.#profile.answered(message.i)
    this.#pod.send(message)
  }

  /**
   * Sends Vitest's saved `start`. Nobody waits for its answer: the worker keeps a run until then.
   * @returns the pod's death
   */
  async start(): Promise<Outcome | undefined> {
    const { start, options } = this.#context
    // Code of the user's sees the pod as it is to be; Vitest's own need not wait for that.
    const isOwn = isBuiltinEnvironment(options.environment.name)
    if (isOwn) this.#pod.send(start)
    try {
      await this.#container.started
    } catch {
      return this.#died()
    }
    if (!isOwn) this.#pod.send(start)
    return undefined
  }

  #answeredStart({ error }: WorkerResponse): void {
    this.#profile.reach('environment')
    if (error !== undefined) this.#startFailed.resolve({ died: asTaskError(error), record: undefined })
  }

  /** Runs the files of a `run` or `collect` message. */
  async perform(request: unknown): Promise<Outcome> {
    const finished = await Promise.race([this.#ask(request, 'testfileFinished'), this.#startFailed.promise])
    this.#profile.reach('tests')
    if (finished === undefined) return this.#died()
    if ('died' in finished) return finished
    // The kernel may have killed a process that the test started. Kubernetes fails the container for that (memory.oom.group).
    if (this.#container.oomKilled()) {
      this.#container.kill()
      await this.#pod.ended
      return this.#died()
    }
    clearTimeout(this.#deadline)
    await Promise.all([this.#pod.stdout.flushed(), this.#pod.stderr.flushed()])
    this.#hintAtSwallowedErrors()
    return { finished }
  }

  /** Asks the worker to tear down. @returns its `stopped`, or one in its place when it does not answer in time */
  async stop(request: unknown): Promise<WorkerResponse> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), STOP_MS)
    })
    const answer = await Promise.race([this.#ask(request, 'stopped'), late])
    clearTimeout(timer)
    this.#stopped = answer !== undefined
    this.#profile.reach('teardown')
    return answer ?? response('stopped')
  }

  /** Ends the pod, keeps what is to survive it, and removes it. Idempotent. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close().finally(() => this.#closed.resolve())
    return this.#closing
  }

  async #close(): Promise<void> {
    if (this.#stopped) await this.#endsWithin(EXIT_MS)
    this.#container.kill()
    const { status } = await this.#pod.ended
    this.#profile.reach('exit')
    const { run, options } = this.#context
    const warn = (reason: string, message: string): void => run.warn({ type: 'Warning', reason, message })
    try {
      for (const problem of await persist(this.#container, this.#persistPolicy())) warn('PersistFailed', problem)
      await this.#container.remove()
    } catch (error) {
      warn('CleanupFailed', `${this.spec.file}: ${error instanceof Error ? error.message : String(error)}`)
    }
    const file = relativeFile(options, this.spec.file)
    const others = this.#files.size - 1
    const who = others > 0 ? `${file} or one of the ${others} other files in its container` : file
    for (const process of this.#stopped ? status.leftBehind : []) {
      warn(
        'LeftBehind',
        `${who} left ${shortCommand(process)} (pid ${process.pid}) running; it was killed with the container`,
      )
    }
    this.#profile.reach('removal')
    this.#profile.write(file, status)
    run.podEnded({ file, reason: this.#failure, status })
  }

  #persistPolicy(): Parameters<typeof persist>[1] {
    const { project, execArgv, env } = this.#context.options
    return {
      globs: this.spec.persist,
      root: project.config.root,
      roots: writableRoots(project.config.root),
      reports: nodeReports(execArgv, env, this.spec.workingDir ?? process.cwd()),
    }
  }

  async #endsWithin(milliseconds: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, milliseconds)
    })
    await Promise.race([this.#pod.ended, late])
    clearTimeout(timer)
  }

  /** @returns the worker's response of this type, or undefined when the pod ended before it */
  async #ask(request: unknown, type: WorkerResponse['type']): Promise<WorkerResponse | undefined> {
    const answered = new Promise<WorkerResponse>((resolve) => {
      this.#onResponse = (message) => {
        if (message.type === type) resolve(message)
      }
    })
    this.#pod.send(request)
    return Promise.race([answered, this.#pod.ended.then(() => undefined)])
  }

  #note(note: WorkerNote): void {
    if (this.#condemned) return
    if (note.mydocker === 'test-finished' && this.#hasLostProcess(note.result)) {
      // The test goes on running, as far as anybody is told, and so it is the one that fails.
      this.#condemned = true
      this.#container.kill()
      return
    }
    this.recorder.recordNote(note)
  }

  /** Whether the kernel has killed a process for memory by the time that a test ends: one that the test started. */
  #hasLostProcess({ duration }: Readonly<Record<string, unknown>>): boolean {
    return typeof duration === 'number' && duration >= CHILD_OOM_MS && this.#container.oomKilled()
  }

  #receive(message: object): void {
    if (this.#condemned) return
    if (isRpcRequest(message)) {
      if (message.i !== undefined) this.#profile.asked(message.i)
      if (addHints(message, this.#network)) this.#hinted = true
      this.recorder.recordRpc(message)
      if (message.m === 'onQueued') this.#begin(this.recorder.current)
      if (message.m === 'onCollected') this.#profile.reach('collection')
    }
    this.#context.emit(message)
  }

  /** A file's own deadline and hints begin with it: with `isolate: false` there may be several in one run. */
  #begin(record: FileRecord | undefined): void {
    this.#profile.reach('setup')
    if (record === undefined) return
    const isFirst = this.#files.size === 0
    this.#files.add(relativeFile(this.#context.options, record.filepath))
    // The first file's time began with the making of its pod.
    if (!isFirst) this.#armDeadline()
  }

  #armDeadline(): void {
    clearTimeout(this.#deadline)
    const seconds = this.spec.activeDeadlineSeconds
    if (seconds === undefined) return
    this.#deadline = setTimeout(() => {
      this.#deadlineExceeded = true
      this.#container.kill()
    }, seconds * 1000)
  }

  async #died(): Promise<Outcome> {
    const { status, channelFault } = await this.#pod.ended
    const record = this.recorder.current
    this.#failure = this.#reason(status.reason)
    const death: Death = {
      reason: this.#failure,
      file: relativeFile(this.#context.options, record?.filepath ?? this.spec.file),
      running: record === undefined ? [] : runningTests(record),
      collected: record?.collected ?? false,
      status,
      activeDeadlineSeconds: this.spec.activeDeadlineSeconds,
      stderrTail: this.#pod.stderr.tail,
      channelFault,
    }
    return { died: deathError(death), record }
  }

  #reason(reason: string): FailureReason {
    if (this.#deadlineExceeded) return 'DeadlineExceeded'
    return reason === 'OOMKilled' ? 'OOMKilled' : 'Error'
  }

  /** For libraries that turn a failed connection into a failure of another kind. */
  #hintAtSwallowedErrors(): void {
    if (this.#hinted || this.recorder.current?.failed !== true) return
    const { options } = this.#context
    for (const connection of this.#pod.failedConnections) {
      const hint = hintForConnection(connection, this.#network)
      if (hint === undefined) continue
      this.#hinted = true
      const file = relativeFile(options, this.recorder.current.filepath)
      logStreams(options.project.vitest).stderr.write(`mydocker: ${file}: ${hint}\n`)
      return
    }
  }
}

/** Where tests may leave snapshots and persisted files. */
function writableRoots(root: string): string[] {
  return [...new Set([root, workspaceRoot(root)])]
}

function relativeFile({ project }: PoolOptions, file: string): string {
  return relative(project.config.root, file)
}

/** An error that a worker sent (as Vitest serialised it), or one of ours, as a task carries it. */
export function asTaskError(error: unknown): TaskError {
  const text = (name: string): string | undefined => {
    const value = at(error, name)
    return typeof value === 'string' ? value : undefined
  }
  const name = text('name') ?? 'Error'
  const message = text('message') ?? String(error)
  return { name, message, stack: text('stack') ?? `${name}: ${message}` }
}

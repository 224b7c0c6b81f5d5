import { join, relative } from 'node:path'
import type { PoolOptions, WorkerRequest } from 'vitest/node'
import type { Container } from '../runtime/container.ts'
import { Deferred } from '../runtime/deferred.ts'
import { messageOf } from '../runtime/errors.ts'
import { hostListeners } from '../runtime/ports.ts'
import type { ContainerStatus } from '../runtime/spec.ts'
import type { FailureReason } from '../runtime/status/types.ts'
import { isBuiltinEnvironment } from './builtin-environments.ts'
import { isPermitted } from './calls.ts'
import { ConnectionHints } from './connection-hints.ts'
import { Deadline } from './deadline.ts'
import { type Death, deathError, deniedSentence, leftBehindSentence } from './death.ts'
import { excesses } from './excess.ts'
import type { WorkerNote } from './messages.ts'
import { Output } from './output.ts'
import { OwnTasks } from './own-tasks.ts'
import { persist, persistPolicy } from './persist.ts'
import { Pod, type PodEnd } from './pod.ts'
import type { PodSpec } from './pod-spec.ts'
import { Profile } from './profile.ts'
import { type FileRecord, Recorder } from './recorder.ts'
import type { Run } from './run.ts'
import { orReleased, type Reservation } from './scheduler.ts'
import { asTaskError, runningTests, type TaskError } from './verdict.ts'
import {
  coverageDirectory,
  fileIds,
  isRpcRequest,
  isRpcResponse,
  logStreams,
  response,
  type WorkerResponse,
  writesSnapshots,
} from './vitest.ts'
import { within } from './within.ts'
import { writableRoots } from './workspace.ts'

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

/** Of a name that a pod has given. */
const METHOD_CHARACTERS = 40

/** How the run of some files in a pod ended: with the worker's word, or with the pod's death in one of the files. */
export type Outcome =
  | { readonly finished: WorkerResponse }
  | { readonly died: TaskError; readonly record: FileRecord | undefined }

/** Vitest's messages that give a worker files. */
export type RunRequest = Extract<WorkerRequest, { type: 'run' | 'collect' }>

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
  readonly reservation: Reservation
  readonly #context: SessionContext
  readonly #container: Container
  readonly #profile: Profile
  readonly #pod: Pod
  readonly #deadline: Deadline
  readonly #hints: ConnectionHints
  readonly #tasks: OwnTasks
  #end: PodEnd | undefined
  #onResponse: ((response: WorkerResponse) => void) | undefined
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
    const { project, distPath } = context.options
    const tasks = new OwnTasks(await fileIds(project, distPath))
    const profile = new Profile()
    const admission = { name: relativeFile(context.options, spec.file), requests: spec.requests }
    const reservation = await context.run.scheduler.admit(admission, context.signal)
    profile.reach('admission')
    const container = await orReleased(reservation, context.run.containers.obtain(context, spec))
    profile.reach('container')
    const session = new PodSession(context, spec, container, profile, tasks, reservation)
    context.run.opened(session)
    if (context.signal.aborted) await session.close()
    return session
  }

  private constructor(
    context: SessionContext,
    spec: PodSpec,
    container: Container,
    profile: Profile,
    tasks: OwnTasks,
    reservation: Reservation,
  ) {
    this.reservation = reservation
    this.#tasks = tasks
    this.#context = context
    this.#profile = profile
    this.spec = spec
    this.#container = container
    this.#deadline = new Deadline(spec.activeDeadlineSeconds, () => container.kill())
    this.#hints = new ConnectionHints({ network: spec.network.mode, hostListeners })
    const { project } = context.options
    const log = logStreams(project.vitest)
    this.#pod = new Pod(
      container,
      { stdout: new Output(container.stdout, log.stdout), stderr: new Output(container.stderr, log.stderr) },
      {
        roots: writableRoots(project.config.root),
        writesSnapshots: writesSnapshots(context.start),
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
    this.#deadline.begin()
    void this.#pod.ended.then((end) => {
      this.#end = end
      this.#deadline.end()
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
  async perform(request: RunRequest): Promise<Outcome> {
    this.#tasks.add(request.context.files.map(({ filepath }) => filepath))
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
    if (this.#container.storageFull()) {
      this.#container.evict()
      await this.#pod.ended
      return this.#died()
    }
    this.#deadline.end()
    await Promise.all([this.#pod.stdout.flushed(), this.#pod.stderr.flushed()])
    this.#hintAtSwallowedErrors()
    return { finished }
  }

  /** Asks the worker to tear down. @returns its `stopped`, or one in its place when it does not answer in time */
  async stop(request: unknown): Promise<WorkerResponse> {
    const answered = this.#ask(request, 'stopped')
    const answer = (await within(STOP_MS, answered)) ? await answered : undefined
    this.#stopped = answer !== undefined
    this.#profile.reach('teardown')
    return answer ?? response('stopped')
  }

  /** Ends the pod, keeps what is to survive it, and removes it. Idempotent. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close().finally(() => {
      this.reservation.release()
      this.#closed.resolve()
    })
    return this.#closing
  }

  async #close(): Promise<void> {
    if (this.#stopped) await within(EXIT_MS, this.#pod.ended)
    this.#container.kill()
    const { status } = await this.#pod.ended
    this.#profile.reach('exit')
    const { run, options } = this.#context
    const warn = (reason: string, message: string): void => run.warn({ type: 'Warning', reason, message })
    try {
      for (const problem of await persist(this.#container, persistPolicy(options, this.spec)))
        warn('PersistFailed', problem)
      await this.#container.remove()
    } catch (error) {
      warn('CleanupFailed', `${this.spec.file}: ${messageOf(error)}`)
    }
    const file = relativeFile(options, this.spec.file)
    const hasFailed = this.#failure !== undefined || this.recorder.failed
    if (hasFailed && status.deniedCalls.length > 0) warn('SyscallDenied', deniedSentence(file, status.deniedCalls))
    if (hasFailed) for (const excess of excesses(file, this.spec.limits, status)) run.warn(excess)
    const leftBehind = this.#stopped ? status.leftBehind : []
    for (const process of leftBehind) warn('LeftBehind', leftBehindSentence(file, this.#files.size, process))
    this.#profile.reach('removal')
    this.#profile.write(file, status, { ...this.reservation, ...this.spec.requests })
    this.#observe(status)
    run.podEnded({ file, reason: this.#failure, status })
  }

  /** For later runs, when it has come to its end, or when what it had was too little. Of several files nobody knows whose it was. */
  #observe({ peakMemory }: ContainerStatus): void {
    const { run, options } = this.#context
    const { name: project, config } = options.project
    const oomKilled = this.#failure === 'OOMKilled'
    const hasPassed = this.#stopped && this.#failure === undefined && !this.recorder.failed
    if (!config.isolate || peakMemory === undefined || !(oomKilled || hasPassed)) return
    // Some of its tests (`-t`) may need less than all.
    if (run.vitest.getGlobalTestNamePattern() !== undefined) return
    const duration = Date.now() - this.reservation.admittedTime
    const file = relativeFile(options, this.spec.file)
    run.history.observe({ project, root: config.root, file, peakMemory, duration, oomKilled })
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
      if (!isPermitted(message, this.#tasks, this.#context.options.project)) {
        this.#pod.fail(`called what no test file may, or for another one (${message.m.slice(0, METHOD_CHARACTERS)})`)
        return
      }
      if (message.i !== undefined) this.#profile.asked(message.i)
      this.#hints.addTo(message)
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
    if (!isFirst) this.#deadline.begin()
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
      ephemeralStorage: this.spec.ephemeralStorage,
      stderrTail: this.#pod.stderr.tail,
      channelFault,
    }
    return { died: deathError(death), record }
  }

  #reason(reason: string): FailureReason {
    if (this.#deadline.exceeded) return 'DeadlineExceeded'
    return reason === 'OOMKilled' || reason === 'Evicted' ? reason : 'Error'
  }

  #hintAtSwallowedErrors(): void {
    const { current } = this.recorder
    const hint = current?.failed === true ? this.#hints.ofSwallowed(this.#pod.failedConnections) : undefined
    if (current === undefined || hint === undefined) return
    const { options } = this.#context
    const file = relativeFile(options, current.filepath)
    logStreams(options.project.vitest).stderr.write(`mydocker: ${file}: ${hint}\n`)
  }
}

function relativeFile({ project }: PoolOptions, file: string): string {
  return relative(project.config.root, file)
}

import { join, relative } from 'node:path'
import type { PoolOptions, WorkerRequest } from 'vitest/node'
import type { Container } from '../runtime/container.ts'
import { Deferred } from '../runtime/deferred.ts'
import type { FailureReason } from '../runtime/status/types.ts'
import { settle } from './aftermath.ts'
import type { AttemptRecord } from './attempt-record.ts'
import { isBuiltinEnvironment } from './builtin-environments.ts'
import { Deadline } from './deadline.ts'
import { type Death, deathError } from './death.ts'
import { HermeticAudit } from './hermetic.ts'
import { Output } from './output.ts'
import { OwnTasks } from './own-tasks.ts'
import { Pod, type PodEnd } from './pod.ts'
import type { PodRecord } from './pod-record.ts'
import type { PodSpec } from './pod-spec.ts'
import { Profile } from './profile.ts'
import type { FileRecord, Recorder } from './recorder.ts'
import type { Run } from './run.ts'
import { orReleased, type Reservation } from './scheduler.ts'
import { PodServices } from './services.ts'
import { asTaskError, runningTests, type TaskError, type Verdict } from './verdict.ts'
import {
  coverageDirectory,
  fileIds,
  isRpcResponse,
  type LogStreams,
  response,
  type WorkerResponse,
  writesSnapshots,
} from './vitest.ts'
import { within } from './within.ts'
import { WorkerMessages } from './worker-messages.ts'
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

/**
 * How the run of some files in a pod ended: with the worker's word, or with the pod's death in one of the files.
 * `last`: what is to be told to Vitest before that word.
 */
export type Outcome =
  | { readonly finished: WorkerResponse; readonly last?: Verdict | undefined }
  | { readonly died: TaskError; readonly record: FileRecord | undefined }

/** Vitest's messages that give a worker files. */
export type RunRequest = Extract<WorkerRequest, { type: 'run' | 'collect' }>

export interface SessionContext {
  readonly run: Run
  readonly options: PoolOptions
  /** Vitest's own `start` message. */
  readonly start: unknown
  readonly signal: AbortSignal
  /** What happens is noted there. */
  readonly pod: PodRecord
  readonly attempt: AttemptRecord
  /** Where it prints, unless where Vitest's own workers do. */
  readonly log: LogStreams
  /** Passes a message of the worker on to Vitest. */
  emit(message: unknown): void
}

/** One pod from its creation to its removal, and what was learnt of it on the way. */
export class PodSession {
  readonly spec: PodSpec
  readonly #context: SessionContext
  readonly #reservation: Reservation
  readonly #container: Container
  readonly #profile: Profile
  readonly #pod: Pod
  readonly #deadline: Deadline
  readonly #messages: WorkerMessages
  readonly #tasks: OwnTasks
  readonly #audit: HermeticAudit | undefined
  readonly #services: PodServices
  #end: PodEnd | undefined
  #onResponse: ((response: WorkerResponse) => void) | undefined
  /** The environment could not be set up. */
  readonly #startFailed = new Deferred<Extract<Outcome, { died: unknown }>>()
  #stopped = false
  #closing: Promise<void> | undefined
  readonly #closed = new Deferred<void>()

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
    context.attempt.reach('admitted')
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
    this.#reservation = reservation
    this.#tasks = tasks
    this.#context = context
    this.#profile = profile
    this.spec = spec
    this.#container = container
    this.#deadline = new Deadline(spec.activeDeadlineSeconds, () => container.kill())
    this.#services = this.#startServices()
    const { project } = context.options
    this.#audit = HermeticAudit.of(spec, context.options, relativeFile(context.options, spec.file))
    this.#messages = new WorkerMessages({
      project,
      spec,
      container,
      tasks,
      audit: this.#audit,
      deadline: this.#deadline,
      profile,
      emit: (message) => context.emit(message),
      fail: (fault) => this.#pod.fail(fault),
    })
    const { log } = context
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
        onRpc: (message) => this.#messages.receive(message),
        onResponse: (message) => {
          if (message.type === 'started') this.#answeredStart(message)
          else if (!this.#messages.condemned) this.#onResponse?.(message)
        },
        onNote: (note) => this.#messages.note(note),
      },
    )
    this.#deadline.begin()
    void this.#pod.ended.then((end) => {
      this.#end = end
      this.#deadline.end()
    })
    // Files differ from one another, and are the same in every run.
    const seed = spec.seed === undefined ? undefined : `${spec.seed} ${relativeFile(context.options, spec.file)}`
    this.#pod.bootstrap({ distPath: context.options.distPath, seed, clock: spec.clock, hermetic: this.#audit?.watch })
  }

  /** What is known of its files. */
  get recorder(): Recorder {
    return this.#messages.recorder
  }

  /** Resolves when the pod has been removed. */
  get closed(): Promise<void> {
    return this.#closed.promise
  }

  /** Whether anything has failed in what ran here. */
  get failed(): boolean {
    return this.#context.attempt.attempt.outcome === 'failed'
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

  #startServices(): PodServices {
    const { run, options, pod } = this.#context
    const { spec } = this
    return new PodServices(spec.services, {
      file: relativeFile(options, spec.file),
      create: (service, signal) => run.containers.services.create(options, spec, service, this.#container, signal),
      onEvent: (event) => {
        pod.event(event)
        pod.services = this.#services.statuses
      },
    })
  }

  /** Or the pod has ended, which is told where it is asked. @throws MydockerError: one cannot get ready */
  async #servicesReady(): Promise<void> {
    const unready = await Promise.race([this.#services.unready, this.#pod.ended.then(() => undefined)])
    this.#context.pod.services = this.#services.statuses
    if (unready === undefined) return
    this.#context.attempt.fail('StartError', unready.message)
    throw unready
  }

  #answeredStart({ error }: WorkerResponse): void {
    this.#profile.reach('environment')
    if (error === undefined) return
    const died = asTaskError(error)
    this.#context.attempt.fail('StartError', died.message)
    this.#startFailed.resolve({ died, record: undefined })
  }

  /** Runs the files of a `run` or `collect` message. */
  async perform(request: RunRequest): Promise<Outcome> {
    const files = request.context.files.map(({ filepath }) => filepath)
    this.#tasks.add(files)
    this.#context.attempt.goOn()
    for (const file of files) this.#context.pod.addFile(relativeFile(this.#context.options, file))
    await this.#servicesReady()
    this.#context.attempt.reach('started')
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
    this.#messages.hintAtSwallowedErrors(this.#pod.failedConnections)
    this.#finished(finished)
    const { current } = this.recorder
    if (this.#audit?.isEnforced !== true || current === undefined || request.type !== 'run') return { finished }
    await this.#endEarly()
    const last = this.#audit.lastWord(current)
    if (this.#audit.error !== undefined) this.#context.attempt.failAfterAll('Error', this.#audit.error.message)
    this.recorder.recordRpc({ t: 'q', m: 'onTaskUpdate', a: [last.packs, last.events] })
    return { finished, last }
  }

  /** Ends the pod before Vitest asks for it: its file's outcome depends on what it leaves. */
  async #endEarly(): Promise<void> {
    const { error } = await this.stop({ type: 'stop', __vitest_worker_request__: true })
    if (error !== undefined) this.#context.emit({ t: 'q', m: 'onUnhandledError', a: [error, 'Teardown Error'] })
    await this.close()
  }

  #finished({ error }: WorkerResponse): void {
    const { attempt } = this.#context
    const { tests, failed } = this.recorder
    attempt.reach('ran')
    attempt.update({ tests })
    if (error !== undefined) attempt.fail('Error', asTaskError(error).message)
    else if (tests.failed > 0) attempt.fail('Error', `${tests.failed} of ${tests.failed + tests.passed} tests failed`)
    else if (failed) attempt.fail('Error', 'a test file or a suite in it failed')
    else if (this.#messages.hasUnhandledError) attempt.fail('Error', 'there was an unhandled error')
    else attempt.pass()
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
    this.#closing ??= this.#close().finally(async () => {
      await this.#services.stop()
      this.#context.pod.services = this.#services.statuses
      this.#reservation.release()
      this.#closed.resolve()
    })
    return this.#closing
  }

  async #close(): Promise<void> {
    if (this.#stopped) await within(EXIT_MS, this.#pod.ended)
    this.#container.kill()
    const { status } = await this.#pod.ended
    this.#profile.reach('exit')
    const { run, options, pod: record, attempt } = this.#context
    if (this.failed) this.#printServiceLogs()
    void this.#services.stop()
    await settle({
      run,
      options,
      spec: this.spec,
      container: this.#container,
      worker: this.#pod,
      record,
      attempt,
      audit: this.#audit,
      status,
      hasStopped: this.#stopped,
      files: this.#messages.files.size,
      admittedTime: this.#reservation.admittedTime,
    })
    this.#profile.reach('removal')
    const scheduling = { ...this.#reservation, ...this.spec.requests }
    this.#profile.write(relativeFile(options, this.spec.file), status, scheduling)
  }

  #printServiceLogs(): void {
    const { options } = this.#context
    const file = relativeFile(options, this.spec.file)
    for (const { name, lines } of this.#services.logs)
      this.#context.log.stderr.write(`mydocker: ${file}: the last lines of the log of service ${name}:\n${lines}\n`)
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

  async #died(): Promise<Outcome> {
    const { status, channelFault } = await this.#pod.ended
    const record = this.recorder.current
    const reason = this.#reason(status.reason)
    const death: Death = {
      reason,
      file: relativeFile(this.#context.options, record?.filepath ?? this.spec.file),
      running: record === undefined ? [] : runningTests(record),
      collected: record?.collected ?? false,
      status,
      activeDeadlineSeconds: this.spec.activeDeadlineSeconds,
      ephemeralStorage: this.spec.ephemeralStorage,
      stderrTail: this.#pod.stderr.tail,
      channelFault,
    }
    const died = deathError(death)
    const { attempt } = this.#context
    attempt.reach('ran')
    attempt.update({ tests: this.recorder.tests })
    attempt.fail(reason, died.message)
    return { died, record }
  }

  #reason(reason: string): FailureReason {
    if (this.#deadline.exceeded) return 'DeadlineExceeded'
    return reason === 'OOMKilled' || reason === 'Evicted' ? reason : 'Error'
  }
}

function relativeFile({ project }: PoolOptions, file: string): string {
  return relative(project.config.root, file)
}

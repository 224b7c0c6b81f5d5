import { relative } from 'node:path'
import type { PoolOptions } from 'vitest/node'
import { MydockerError } from '../runtime/errors.ts'
import type { FailureReason } from '../runtime/status/types.ts'
import type { AttemptRecord } from './attempt-record.ts'
import { HeldReports } from './held-reports.ts'
import { toHostname } from './option-hostname.ts'
import type { PodRecord } from './pod-record.ts'
import { type Outcome, PodSession, type RunRequest } from './pod-session.ts'
import type { PodSpec } from './pod-spec.ts'
import { flakyError } from './repeats.ts'
import { enoughSentence, nextSpec, restartSentence } from './restarts.ts'
import type { Run } from './run.ts'
import type { RunRecord } from './run-record.ts'
import { UNSCHEDULABLE_STAGE } from './unschedulable.ts'
import { asTaskError, type TaskError } from './verdict.ts'
import { isCancelling, type LogStreams } from './vitest.ts'

/** Files of one run that one pod may take. */
export interface Batch {
  /** What the pod is to be, or why there can be none: a mistake in a docblock, say. */
  readonly spec: PodSpec | TaskError
  readonly files: RunRequest['context']['files']
}

export interface AttemptsContext {
  readonly run: Run
  /** Where what happens is noted. */
  record(): RunRecord
  readonly log: LogStreams
  readonly options: PoolOptions
  readonly signal: AbortSignal
  /** Vitest's own `start` message. */
  start(): unknown
  /** Passes a message of the worker on to Vitest. */
  emit(message: unknown): void
  /** Says to Vitest what a worker would have said, and waits until it has taken it. */
  tell(method: string, ...args: readonly unknown[]): Promise<void>
  /** Reports an error that Vitest would not take from us. */
  reportLater(error: unknown, type: string): void
}

/** The containers of one worker, one after the other: for each file its own, or with `isolate: false` one for as many as it suits. */
export class Attempts {
  readonly #context: AttemptsContext
  #session: PodSession | undefined
  /** Of what is going on, or was last. */
  #podRecord: PodRecord | undefined
  #attemptRecord: AttemptRecord | undefined
  /** Whether the next attempt is another one of the same file. */
  #isRestart = false
  /** While it is not known whether the attempt counts. */
  #held: HeldReports | undefined

  constructor(context: AttemptsContext) {
    this.#context = context
  }

  get session(): PodSession | undefined {
    return this.#session
  }

  /** Sends an answer of Vitest, or an event, to the pod that is there. */
  send(message: unknown): void {
    if (this.#session?.alive === true) this.#session.send(message)
  }

  /** Attempts a batch again, in fresh containers, as its restartPolicy says. @returns the outcome of the last attempt */
  async perform(request: RunRequest, batch: Batch): Promise<Outcome> {
    const { spec } = batch
    if (isPodSpec(spec) && spec.flaky !== undefined && request.type !== 'collect')
      return this.#repeat(request, batch, spec)
    if (!isPodSpec(spec) || spec.restartPolicy === 'Never' || request.type === 'collect')
      return this.#attempt(request, batch)
    let current = spec
    for (let restarts = 0; ; restarts++) {
      const mayRestart = restarts < spec.backoffLimit
      this.#isRestart = restarts > 0
      this.#held = mayRestart ? new HeldReports((answer) => this.#session?.send(answer)) : undefined
      const outcome = await this.#attempt(request, { ...batch, spec: current })
      const attempt = this.#attemptRecord?.attempt
      const hasFailed = attempt?.outcome === 'failed'
      // For what can never be scheduled there is no more room the next time.
      if (!hasFailed || !mayRestart || this.#isGivenUp || attempt.reason === 'Unschedulable') {
        await this.#releaseHeld()
        this.#isRestart = false
        if (current.limits.memory > spec.limits.memory && !hasFailed) this.#tellWhatWasEnough(spec)
        // Another file is not to inherit what may have made this one fail.
        if (hasFailed) await this.end()
        return outcome
      }
      const next = nextSpec(current, attempt, this.#context.run.options.allocatable.memory)
      const message = restartSentence(attempt, current, next)
      this.#podRecord?.event({ type: 'Normal', reason: 'Restarted', message })
      current = next
      await this.end()
    }
  }

  /** Runs a file that passes as often as its option `flaky` says. What counts is the first run, or one that fails after it. */
  async #repeat(request: RunRequest, batch: Batch, { file, flaky }: PodSpec): Promise<Outcome> {
    const { root } = this.#context.options.project.config
    const runs = await this.#context.run.repeats.runsOf(file, root, flaky)
    if (runs === 1) return this.#attempt(request, batch)
    let counts = await this.#heldAttempt(request, batch)
    for (let number = 2; number <= runs && !counts.hasFailed && !this.#isGivenUp; number++) {
      await this.end()
      this.#isRestart = true
      const repeat = await this.#heldAttempt(request, batch)
      if (!repeat.hasFailed || this.#isGivenUp) continue
      counts = { ...repeat, outcome: this.#tellFlaky(repeat.outcome, flakyError(file, root, number, runs)) }
    }
    this.#held = counts.held
    await this.#releaseHeld()
    this.#isRestart = false
    await this.end()
    return counts.outcome
  }

  async #heldAttempt(
    request: RunRequest,
    batch: Batch,
  ): Promise<{ outcome: Outcome; held: HeldReports; hasFailed: boolean }> {
    const held = new HeldReports((answer) => this.#session?.send(answer))
    this.#held = held
    const outcome = await this.#attempt(request, batch)
    return { outcome, held, hasFailed: this.#attemptRecord?.attempt.outcome === 'failed' }
  }

  /** @returns the outcome of a run that failed after others had passed, with that said of it */
  #tellFlaky(outcome: Outcome, error: TaskError): Outcome {
    this.#podRecord?.event({ type: 'Warning', reason: error.name, message: error.message })
    this.#held?.addToFailures(error)
    if ('finished' in outcome) return outcome
    const message = `${outcome.died.message}\n${error.message}`
    return { ...outcome, died: { ...outcome.died, message, stack: `${outcome.died.name}: ${message}` } }
  }

  /** Whether the run is being ended: nothing is begun any more. */
  get #isGivenUp(): boolean {
    return this.#context.signal.aborted || isCancelling(this.#context.options.project.vitest)
  }

  /** Tells Vitest what the attempt that counts has reported. */
  async #releaseHeld(): Promise<void> {
    const held = this.#held
    this.#held = undefined
    await held?.release((method, ...args) => this.#context.tell(method, ...args))
  }

  /** When the container of the attempt that has passed is gone: its peak is known then. */
  #tellWhatWasEnough(asked: PodSpec): void {
    const [pod, attempt] = [this.#podRecord, this.#attemptRecord]
    const file = relative(this.#context.options.project.config.root, asked.file)
    void this.#session?.closed.then(() => {
      if (attempt === undefined) return
      const message = enoughSentence(file, asked.limits.memory, attempt.attempt)
      pod?.event({ type: 'Warning', reason: 'MemoryBackoff', message })
    })
  }

  async #attempt(request: RunRequest, { spec, files }: Batch): Promise<Outcome> {
    const file = files[0]?.filepath ?? ''
    if (!isPodSpec(spec)) {
      const [, attempt] = this.#begin(file, undefined)
      attempt.fail(reasonOf(spec), spec.message)
      return { died: spec, record: undefined }
    }
    try {
      const session = await this.#sessionFor(file, spec)
      if (!(session instanceof PodSession)) return session
      return await session.perform({ ...request, context: { ...request.context, files } })
    } catch (error) {
      const died = startError(error)
      this.#attemptRecord?.fail(reasonOf(died), died.message)
      return { died, record: undefined }
    }
  }

  /** The pod that is there, when it lives and suits; else a new one in which Vitest has started. */
  async #sessionFor(file: string, spec: PodSpec): Promise<PodSession | Outcome> {
    if (this.#session?.alive === true && this.isSame(this.#session.spec, spec)) return this.#session
    await this.end()
    const [pod, attempt] = this.#begin(file, spec)
    const session = await PodSession.open(
      {
        run: this.#context.run,
        options: this.#context.options,
        start: this.#context.start(),
        signal: this.#context.signal,
        pod,
        attempt,
        log: this.#context.log,
        emit: (message) => {
          if (this.#held?.keep(message) !== true) this.#context.emit(message)
        },
      },
      spec,
    )
    this.#session = session
    if (this.#context.signal.aborted) await session.close()
    return (await session.start()) ?? session
  }

  /** Notes that an attempt begins: of a new pod, unless it is a restart. */
  #begin(filepath: string, spec: PodSpec | undefined): [PodRecord, AttemptRecord] {
    const { config, name: project } = this.#context.options.project
    const file = relative(config.root, filepath)
    const known = this.#isRestart ? this.#podRecord : undefined
    const pod = known ?? this.#context.record().pod({ name: spec?.hostname ?? toHostname(file), project, file, spec })
    const attempt = pod.begin()
    this.#podRecord = pod
    this.#attemptRecord = attempt
    return [pod, attempt]
  }

  /** Ends a pod in the middle of a run, in the way in which Vitest ends a worker. */
  async end(): Promise<void> {
    const session = this.#session
    if (session === undefined) return
    if (session.alive) {
      const { error } = await session.stop({ type: 'stop', __vitest_worker_request__: true })
      this.#context.reportLater(error, 'Teardown Error')
    }
    await session.close()
    this.#session = undefined
  }

  /** Ends it at once; nobody has to wait for what is to be cleaned up. */
  async kill(): Promise<void> {
    const session = this.#session
    this.#session = undefined
    await session?.close()
  }

  /** Whether one container could serve both. */
  isSame(a: PodSpec | TaskError, b: PodSpec | TaskError): boolean {
    return isPodSpec(a) && isPodSpec(b) && this.#context.run.options.isSame(this.#context.options.project, a, b)
  }
}

export function isPodSpec(spec: PodSpec | TaskError): spec is PodSpec {
  return 'file' in spec
}

/** The name of our own errors is the reason. */
function reasonOf({ name }: TaskError): FailureReason {
  return name === 'Unschedulable' ? name : 'StartError'
}

/** A pod that could not be made: Kubernetes' container reason `StartError`; or `Unschedulable`, the reason of its PodScheduled condition. */
export function startError(error: unknown): TaskError {
  if (!(error instanceof MydockerError)) return { ...asTaskError(error), name: 'StartError' }
  const name = error.stage === UNSCHEDULABLE_STAGE ? 'Unschedulable' : 'StartError'
  // It says all by itself; where in the engine it was made is of no use to the reader.
  return { name, message: error.message, stack: `${name}: ${error.message}` }
}

import { isDeepStrictEqual } from 'node:util'
import type { PoolOptions, PoolTask, PoolWorker, WorkerRequest } from 'vitest/node'
import { Attempts, type Batch, isPodSpec, startError } from './attempts.ts'
import { POOL_NAME } from './names.ts'
import type { Outcome, RunRequest } from './pod-session.ts'
import type { PodSpec } from './pod-spec.ts'
import { type FileRecord, newFileRecord } from './recorder.ts'
import type { Run } from './run.ts'
import type { RunRecord } from './run-record.ts'
import { type TaskError, verdict } from './verdict.ts'
import {
  type FileTask,
  isRpcResponse,
  type LogStreams,
  logStreams,
  newFileTask,
  response,
  type WorkerResponse,
} from './vitest.ts'

type Listener = (argument: unknown) => void

/** What is different where not Vitest, but a sweep has files run. */
export interface WorkerSettings {
  /** @returns what the container of a file is to be */
  specOf(filepath: string): PodSpec
  /** Where what happens is noted. */
  record(): RunRecord
  readonly log: LogStreams
}

/**
 * Vitest's side of pods. It is *virtual* until `run`: Vitest's `start` is answered at once and saved, so that a pod may wait for
 * its turn longer than Vitest waits for a worker. Then there is one pod for each file, or with `isolate: false` one for all
 * files of equal specification; when a pod dies, its file fails in its place and the files after it go on in a new pod.
 *
 * `exit` and `error` are never emitted for a pod's death: Vitest would report an unhandled error instead of the file, and crash
 * without an active run.
 */
export class PodWorker implements PoolWorker {
  readonly name: string = POOL_NAME
  /** Transformed modules are read from disk, from directories that are bind-mounted into pods. */
  readonly cacheFs: boolean = true
  readonly #settings: WorkerSettings
  readonly #options: PoolOptions
  readonly #listeners = new Map<string, Set<Listener>>()
  readonly #abort = new AbortController()
  readonly #attempts: Attempts
  /** Our own questions to Vitest that it has not answered. */
  readonly #questions = new Map<string, () => void>()
  #lastQuestion = 0
  #start: WorkerRequest | undefined
  #serving: Promise<void> = Promise.resolve()

  constructor(run: Run, options: PoolOptions, settings: WorkerSettings = ofVitest(run, options)) {
    this.#options = options
    this.#settings = settings
    this.#attempts = new Attempts({
      run,
      record: () => settings.record(),
      log: settings.log,
      options,
      signal: this.#abort.signal,
      start: () => this.#start,
      emit: (message) => this.#emit('message', message),
      tell: (method, ...args) => this.#tell(method, ...args),
      reportLater: (error, type) => this.#reportLater(error, type),
    })
  }

  on(event: string, listener: Listener): void {
    const listeners = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, listeners.add(listener))
  }

  off(event: string, listener: Listener): void {
    this.#listeners.get(event)?.delete(listener)
  }

  deserialize(data: unknown): unknown {
    return data
  }

  async start(): Promise<void> {
    // The pod is made when its file is known.
  }

  send(message: WorkerRequest): void {
    const question = isRpcResponse(message) ? this.#questions.get(message.i) : undefined
    if (question !== undefined) {
      question()
      return
    }
    switch (message.type) {
      case 'start':
        this.#start = message
        queueMicrotask(() => this.#emit('message', response('started')))
        return
      case 'run':
      case 'collect':
        this.#serving = this.#serve(message).catch((error) => this.#emit('error', error))
        return
      case 'stop':
        void this.#tearDown(message)
        return
      default:
        this.#attempts.send(message)
    }
  }

  /** Ends the pod, whatever it does. */
  async stop(): Promise<void> {
    this.#abort.abort()
    this.#releaseQuestions()
    await this.#attempts.kill()
    await this.#serving
  }

  /** Asked with `isolate: false`: whether this worker's pod suits the files of another task of its project. */
  canReuse(task: PoolTask): boolean {
    if (!isDeepStrictEqual(task.context.environment, this.#options.environment)) return false
    const { session } = this.#attempts
    if (session?.alive !== true) return true
    return task.context.files.every(({ filepath }) => this.#attempts.isSame(this.#specOf(filepath), session.spec))
  }

  async #serve(request: RunRequest): Promise<void> {
    let last: WorkerResponse | undefined
    for (const batch of this.#batches(request.context.files)) {
      let { spec, files } = batch
      while (files.length > 0) {
        const outcome = await this.#attempts.perform(request, { spec, files })
        if (this.#abort.signal.aborted) return
        if ('finished' in outcome) {
          if (outcome.last !== undefined) await this.#tell('onTaskUpdate', outcome.last.packs, outcome.last.events)
          this.#reportLater(last?.error, 'Test Run Error')
          last = outcome.finished
          break
        }
        files = await this.#fail(files, outcome)
        const [next] = files
        // The next pod is named after the file that it begins with.
        if (next !== undefined) spec = this.#specOf(next.filepath)
      }
    }
    this.#emit('message', last ?? response('testfileFinished'))
  }

  /**
   * Reports the death of a pod as the failure of the file it was at.
   * @returns the files that are still to run
   */
  async #fail(files: Batch['files'], outcome: Exclude<Outcome, { finished: unknown }>): Promise<Batch['files']> {
    // Cleaning up is not on the way of the files that are still to run.
    void this.#attempts.kill()
    const found = files.findIndex(({ filepath }) => filepath === outcome.record?.filepath)
    const index = Math.max(found, 0)
    const file = files[index]
    const record = outcome.record ?? (file === undefined ? undefined : await this.#newRecord(file.filepath))
    if (record !== undefined) await this.#reportFailure(record, outcome.died)
    return files.slice(index + 1)
  }

  async #reportFailure(record: FileRecord, error: TaskError): Promise<void> {
    if (!record.collected) {
      record.file = begun(record.file)
      await this.#tell('onCollected', [record.file])
    }
    const { packs, events } = verdict(record, error)
    await this.#tell('onTaskUpdate', packs, events)
  }

  /** For a file of which the pod did not even say that it had begun. */
  async #newRecord(filepath: string): Promise<FileRecord> {
    const file = await newFileTask(this.#options.project, filepath, this.#options.distPath)
    await this.#tell('onQueued', file)
    return { ...newFileRecord(file), failed: true }
  }

  /** Says to Vitest what a worker would have said, and waits until it has taken it, as a worker does. */
  async #tell(method: string, ...args: readonly unknown[]): Promise<void> {
    if (this.#abort.signal.aborted) return
    const i = `mydocker-${++this.#lastQuestion}`
    const answered = new Promise<void>((resolve) => this.#questions.set(i, resolve))
    this.#emit('message', { t: 'q', i, m: method, a: args })
    await answered
    this.#questions.delete(i)
  }

  /** Vitest takes one `testfileFinished` per run and one `stopped`; the error of another is reported as it would be. */
  #reportLater(error: unknown, type: string): void {
    if (error === undefined) return
    this.#emit('message', { t: 'q', m: 'onUnhandledError', a: [error, type] })
  }

  async #tearDown(request: WorkerRequest): Promise<void> {
    this.#releaseQuestions()
    const { session } = this.#attempts
    const stopped = session?.alive === true ? await session.stop(request) : response('stopped')
    this.#emit('message', stopped)
  }

  /** Vitest answers nothing more once it stops a worker. */
  #releaseQuestions(): void {
    for (const resolve of this.#questions.values()) resolve()
  }

  #emit(event: string, argument: unknown): void {
    if (event === 'message' || !this.#abort.signal.aborted) {
      for (const listener of [...(this.#listeners.get(event) ?? [])]) listener(argument)
    }
  }

  /** Consecutive files of equal specification; each by itself where it may be restarted. */
  #batches(files: RunRequest['context']['files']): Batch[] {
    const batches: Batch[] = []
    for (const file of files) {
      const spec = this.#specOf(file.filepath)
      const previous = batches.at(-1)
      if (
        previous !== undefined &&
        isPodSpec(spec) &&
        spec.restartPolicy === 'Never' &&
        spec.flaky === undefined &&
        this.#attempts.isSame(previous.spec, spec)
      )
        previous.files.push(file)
      else batches.push({ spec, files: [file] })
    }
    return batches
  }

  #specOf(filepath: string): PodSpec | TaskError {
    try {
      return this.#settings.specOf(filepath)
    } catch (error) {
      return startError(error)
    }
  }
}

function ofVitest(run: Run, { project }: PoolOptions): WorkerSettings {
  return {
    specOf: (filepath) => run.options.podSpec(project, filepath),
    record: () => run.record,
    log: logStreams(project.vitest),
  }
}

/** A file that Vitest takes for collected, with no tests in it. */
function begun(file: FileTask): FileTask {
  const copy: FileTask = { ...file, mode: 'run' }
  copy.file = copy
  return copy
}

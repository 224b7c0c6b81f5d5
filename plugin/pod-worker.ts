import { isDeepStrictEqual } from 'node:util'
import type { PoolOptions, PoolTask, PoolWorker, WorkerRequest } from 'vitest/node'
import { MydockerError } from '../runtime/errors.ts'
import { POOL_NAME } from './names.ts'
import { type Outcome, PodSession, type RunRequest } from './pod-session.ts'
import type { PodSpec } from './pod-spec.ts'
import { type FileRecord, newFileRecord } from './recorder.ts'
import type { Run } from './run.ts'
import { asTaskError, type TaskError, verdict } from './verdict.ts'
import { type FileTask, isRpcResponse, newFileTask, response, type WorkerResponse } from './vitest.ts'

type Listener = (argument: unknown) => void

/** Files of one run that one pod may take. */
interface Batch {
  /** What the pod is to be, or why there can be none: a mistake in a docblock, say. */
  readonly spec: PodSpec | TaskError
  readonly files: RunRequest['context']['files']
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
  readonly #run: Run
  readonly #options: PoolOptions
  readonly #listeners = new Map<string, Set<Listener>>()
  readonly #abort = new AbortController()
  /** Our own questions to Vitest that it has not answered. */
  readonly #questions = new Map<string, () => void>()
  #lastQuestion = 0
  #start: WorkerRequest | undefined
  #session: PodSession | undefined
  #serving: Promise<void> = Promise.resolve()

  constructor(run: Run, options: PoolOptions) {
    this.#run = run
    this.#options = options
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
        if (this.#session?.alive === true) this.#session.send(message)
    }
  }

  /** Ends the pod, whatever it does. */
  async stop(): Promise<void> {
    this.#abort.abort()
    this.#releaseQuestions()
    await this.#session?.close()
    await this.#serving
  }

  /** Asked with `isolate: false`: whether this worker's pod suits the files of another task of its project. */
  canReuse(task: PoolTask): boolean {
    if (!isDeepStrictEqual(task.context.environment, this.#options.environment)) return false
    const session = this.#session
    if (session?.alive !== true) return true
    return task.context.files.every(({ filepath }) => this.#isSame(this.#specOf(filepath), session.spec))
  }

  async #serve(request: RunRequest): Promise<void> {
    let last: WorkerResponse | undefined
    for (const batch of this.#batches(request.context.files)) {
      let { spec, files } = batch
      while (files.length > 0) {
        const outcome = await this.#attempt(request, { spec, files })
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

  async #attempt(request: RunRequest, { spec, files }: Batch): Promise<Outcome> {
    if (!isPodSpec(spec)) return { died: spec, record: undefined }
    try {
      const session = await this.#sessionFor(spec)
      if (!(session instanceof PodSession)) return session
      return await session.perform({ ...request, context: { ...request.context, files } })
    } catch (error) {
      return { died: startError(error), record: undefined }
    }
  }

  /** The pod that is there, when it lives and suits; else a new one in which Vitest has started. */
  async #sessionFor(spec: PodSpec): Promise<PodSession | Outcome> {
    if (this.#session?.alive === true && this.#isSame(this.#session.spec, spec)) return this.#session
    await this.#replaceSession()
    const session = await PodSession.open(
      {
        run: this.#run,
        options: this.#options,
        start: this.#start,
        signal: this.#abort.signal,
        emit: (message) => this.#emit('message', message),
      },
      spec,
    )
    this.#session = session
    if (this.#abort.signal.aborted) await session.close()
    return (await session.start()) ?? session
  }

  /** Ends a pod in the middle of a run, in the way in which Vitest ends a worker. */
  async #replaceSession(): Promise<void> {
    const session = this.#session
    if (session === undefined) return
    if (session.alive) {
      const { error } = await session.stop({ type: 'stop', __vitest_worker_request__: true })
      this.#reportLater(error, 'Teardown Error')
    }
    await session.close()
    this.#session = undefined
  }

  /**
   * Reports the death of a pod as the failure of the file it was at.
   * @returns the files that are still to run
   */
  async #fail(files: Batch['files'], outcome: Exclude<Outcome, { finished: unknown }>): Promise<Batch['files']> {
    // Cleaning up is not on the way of the files that are still to run.
    void this.#session?.close()
    this.#session = undefined
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
  async #tell(method: string, ...args: unknown[]): Promise<void> {
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
    const session = this.#session
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

  /** Consecutive files of equal specification. */
  #batches(files: RunRequest['context']['files']): Batch[] {
    const batches: Batch[] = []
    for (const file of files) {
      const spec = this.#specOf(file.filepath)
      const previous = batches.at(-1)
      if (previous !== undefined && this.#isSame(previous.spec, spec)) previous.files.push(file)
      else batches.push({ spec, files: [file] })
    }
    return batches
  }

  #isSame(a: PodSpec | TaskError, b: PodSpec | TaskError): boolean {
    return isPodSpec(a) && isPodSpec(b) && this.#run.options.isSame(this.#options.project, a, b)
  }

  #specOf(filepath: string): PodSpec | TaskError {
    try {
      return this.#run.options.podSpec(this.#options.project, filepath)
    } catch (error) {
      return startError(error)
    }
  }
}

function isPodSpec(spec: PodSpec | TaskError): spec is PodSpec {
  return 'file' in spec
}

/** A file that Vitest takes for collected, with no tests in it. */
function begun(file: FileTask): FileTask {
  const copy: FileTask = { ...file, mode: 'run' }
  copy.file = copy
  return copy
}

/** A pod that could not be made: Kubernetes' container reason `StartError`. */
function startError(error: unknown): TaskError {
  if (!(error instanceof MydockerError)) return { ...asTaskError(error), name: 'StartError' }
  // It says all by itself; where in the engine it was made is of no use to the reader.
  return { name: 'StartError', message: error.message, stack: `StartError: ${error.message}` }
}

import { Writable } from 'node:stream'
import { Deferred } from '../../runtime/deferred.ts'
import type { Attempt } from '../../runtime/status/types.ts'
import { PodWorker } from '../pod-worker.ts'
import type { Run } from '../run.ts'
import { RunRecord, runId } from '../run-record.ts'
import { asTaskError } from '../verdict.ts'
import { at, isRpcRequest, isWorkerResponse, type RpcMethods, type RpcRequest, rpcMethods } from '../vitest.ts'
import { Observer } from './observer.ts'
import type { Recruit } from './recruits.ts'
import { podSpecFor } from './run-spec.ts'
import type { RunConditions, SweepRun } from './types.ts'

/** A run of a file, and the tests that were found in it. */
export interface Performance {
  readonly tests: readonly string[]
  readonly run: Omit<SweepRun, 'number'>
}

/** Our own failures, and those of the machine, say nothing about tests. */
const VOID_REASONS: ReadonlySet<string | undefined> = new Set(['StartError', 'Unschedulable'])

/** Runs files as Vitest would, in containers as the conditions want them, without Vitest noticing. */
export class Performer {
  readonly #run: Run
  readonly #methods = new Map<object, Promise<RpcMethods>>()

  constructor(run: Run) {
    this.#run = run
  }

  /**
   * Runs a file once in a container of its own.
   */
  async perform(recruit: Recruit, conditions: RunConditions, signal: AbortSignal): Promise<Performance> {
    const { options } = recruit
    const observer = new Observer()
    const startTime = Date.now()
    const record = this.#record(startTime)
    const log = new Writable({
      write(chunk, _encoding, done) {
        observer.print(String(chunk))
        done()
      },
    })
    const worker = new PodWorker(this.#run, options, {
      specOf: (filepath) => podSpecFor(this.#run.options.podSpec(options.project, filepath), conditions),
      record: () => record,
      log: { stdout: log, stderr: log },
    })
    const dialogue = new Dialogue(worker, await this.#answers(recruit), observer)
    const abort = (): void => dialogue.fail(new Error('the sweep was ended'))
    signal.addEventListener('abort', abort, { once: true })
    try {
      await dialogue.say({ ...recruit.start, context: configured(at(recruit.start, 'context'), conditions) }, 'started')
      await dialogue.say({ ...recruit.run, context: configured(recruit.run.context, conditions) }, 'testfileFinished')
      await dialogue.say({ type: 'stop', __vitest_worker_request__: true }, 'stopped')
    } finally {
      signal.removeEventListener('abort', abort)
      await worker.stop()
    }
    const attempt = record.report.pods[0]?.attempts[0]
    return {
      tests: observer.observation.tests,
      run: summarize(observer, attempt, conditions, startTime, signal.aborted),
    }
  }

  async #answers({ options }: Recruit): Promise<RpcMethods> {
    const known = this.#methods.get(options.project) ?? rpcMethods(options.project, options.distPath)
    this.#methods.set(options.project, known)
    return known
  }

  #record(startTime: number): RunRecord {
    const { config, version } = this.#run.vitest
    const info = { id: runId(startTime, process.pid), root: config.root, pid: process.pid, vitest: version, startTime }
    return new RunRecord(info, this.#run.options.nodeInfo(this.#run.vitest), () => {})
  }
}

/** Speaks with a worker as Vitest's pool does: requests that are answered by one response each, calls that it answers in between. */
class Dialogue {
  readonly #worker: PodWorker
  readonly #methods: RpcMethods
  readonly #observer: Observer
  readonly #fault = new Deferred<never>()
  #awaited: { readonly type: string; readonly answered: Deferred<void> } | undefined

  constructor(worker: PodWorker, methods: RpcMethods, observer: Observer) {
    this.#worker = worker
    this.#methods = methods
    this.#observer = observer
    this.#fault.promise.catch(() => {})
    worker.on('message', (message) => void this.#receive(message))
    worker.on('error', (error) => this.fail(error))
  }

  /** Nothing that is said now is answered any more. */
  fail(error: unknown): void {
    this.#fault.reject(error)
  }

  async say(request: object, response: string): Promise<void> {
    const answered = new Deferred<void>()
    this.#awaited = { type: response, answered }
    this.#worker.send(request as Parameters<PodWorker['send']>[0])
    await Promise.race([answered.promise, this.#fault.promise])
  }

  async #receive(message: unknown): Promise<void> {
    if (isRpcRequest(message)) {
      this.#observer.receive(message)
      const answer = await this.#answer(message)
      if (message.i !== undefined) this.#worker.send(answer as Parameters<PodWorker['send']>[0])
    } else if (isWorkerResponse(message) && message.type === this.#awaited?.type) {
      if (message.error !== undefined)
        this.#observer.receive({ t: 'q', m: 'onUnhandledError', a: [asTaskError(message.error)] })
      this.#awaited.answered.resolve()
    }
  }

  /** Reports are ours; all else is answered by Vitest. */
  async #answer({ m: method, a: args, i }: RpcRequest): Promise<object> {
    try {
      const isReport = /^on[A-Z]/.test(method) || method === 'snapshotSaved'
      return { t: 's', i, r: isReport ? undefined : await this.#methods[method]?.(...args) }
    } catch (e) {
      return { t: 's', i, e }
    }
  }
}

/** Vitest's configuration of a worker with what the conditions say of it; `retry` and `bail` would hide what is looked for. */
function configured(context: unknown, { order }: RunConditions): object {
  const config = at(context, 'config')
  // Vitest 4 has it in the first message only.
  if (typeof config !== 'object') return Object(context)
  const sequence = Object(at(config, 'sequence'))
  return {
    ...Object(context),
    config: {
      ...config,
      retry: 0,
      bail: 0,
      sequence:
        order === undefined ? { ...sequence, shuffle: false } : { ...sequence, shuffle: { tests: true }, seed: order },
    },
  }
}

function summarize(
  observer: Observer,
  attempt: Attempt | undefined,
  conditions: RunConditions,
  startTime: number,
  isAborted: boolean,
): Performance['run'] {
  const { outcomes, sequence, failures, log } = observer.observation
  const hasFailed = failures.length > 0 || /[FR]/.test(outcomes) || attempt?.outcome !== 'passed'
  const isVoid = isAborted || attempt === undefined || VOID_REASONS.has(attempt.reason)
  return {
    conditions,
    outcome: isVoid ? 'void' : hasFailed ? 'failed' : 'passed',
    reason: attempt?.reason,
    message: attempt?.message,
    startTime,
    duration: spent(attempt) ?? Date.now() - startTime,
    peakMemory: attempt?.peakMemory,
    cpuMicroseconds: attempt?.cpuMicroseconds,
    throttledMicroseconds: attempt?.throttledMicroseconds,
    outcomes,
    sequence,
    failures,
    portsOpened: some(attempt?.portsOpened),
    leftBehind: some(attempt?.leftBehind.map(({ command }) => command)),
    connectionsRefused: some(attempt?.connectionsRefused),
    hermeticity: some(attempt?.hermeticity),
    log: hasFailed && log !== '' ? log : undefined,
  }
}

/** Without the time in which it waited to be admitted. */
function spent(attempt: Attempt | undefined): number | undefined {
  const { admitted, ran } = attempt?.times ?? {}
  return admitted === undefined || ran === undefined ? undefined : ran - admitted
}

function some<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list
}

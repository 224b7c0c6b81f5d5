import { type Carried, type HermeticWatch, isNote } from '../messages.ts'
import { importOfVitest, unsupported } from '../vitest-module.ts'
import { carryFilesOf } from './artifacts.ts'
import { type Channel, exitNow } from './channel.ts'
import { GeneratedModules } from './generated-modules.ts'
import { Outbox } from './outbox.ts'
import { reportProgress } from './progress.ts'
import { carrySnapshots } from './snapshots.ts'
import { SocketWatch } from './sockets.ts'
import { type SetUp, TestEnvironment } from './test-environment.ts'

/** A process that has Vitest's worker loaded and waits for a channel: all that can be done before the test file is known. */
export interface PreparedWorker {
  /**
   * Connects the worker to its pod's channel. Once, but for the rehearsal of a zygote.
   * @param hermetic what to look for in what the file does
   * @returns takes it back
   */
  attach(channel: Channel, hermetic?: HermeticWatch): () => void
}

/** What this file uses of `vitest/worker`, which Vitest marks as experimental. */
interface VitestWorkerModule {
  init(worker: {
    post(message: unknown): void
    on(listener: (message: unknown) => void): void
    off(listener: (message: unknown) => void): void
    teardown(): void
    setup: SetUp
    runTests(state: object, traces: unknown): Promise<unknown>
    collectTests(state: object, traces: unknown): Promise<unknown>
  }): void
  runBaseTests(method: 'run' | 'collect', state: object, traces: unknown): Promise<unknown>
  setupEnvironment: SetUp
}

/**
 * @param distPath `dist` directory of the main process's Vitest: tests, worker and main must share its modules
 * @throws MydockerError when that Vitest has no worker entry as we know it
 */
export async function prepare(distPath: string): Promise<PreparedWorker> {
  const vitest = await importOfVitest<VitestWorkerModule>(distPath, 'worker.js', [
    'init',
    'runBaseTests',
    'setupEnvironment',
  ])
  const listeners = new Set<(message: unknown) => void>()
  const link = new Link()
  const environment = new TestEnvironment(vitest.setupEnvironment)
  looksLikeChildProcess()
  // Vitest's guard against process.exit, which it installs at the first run, stays until the end: a late call of one file must
  // not end the others of its worker (as in the `forks` pool of Vitest 5; that of Vitest 4 lifts it too early).
  const execute = (method: 'run' | 'collect') => async (state: object, traces: unknown) => {
    await link.observe(state)
    environment.adjust(Reflect.get(state, 'durations'))
    return vitest.runBaseTests(method, state, traces)
  }
  vitest.init({
    post: (message) => link.post(message),
    on: (listener) => void listeners.add(listener),
    off: (listener) => void listeners.delete(listener),
    teardown: () => void link.end(),
    setup: (context) => environment.setUp(context),
    runTests: execute('run'),
    collectTests: execute('collect'),
  })
  return {
    attach: (channel, hermetic) =>
      link.attach(channel, hermetic, (message) => {
        for (const listener of listeners) listener(message)
      }),
  }
}

/** Between Vitest's worker and the channel: what goes out is examined for files to carry, what comes in for answers to that. */
class Link {
  #outbox: Outbox | undefined
  /** While Vitest's `start` is at work: what it must not begin before. */
  #waiting: (() => void)[] | undefined
  #isDetached = false
  readonly #generated = new GeneratedModules()
  readonly #sockets = new SocketWatch()
  #hermetic: HermeticWatch | undefined
  /** Project root, from Vitest's `start` message. */
  #root = process.cwd()

  attach(channel: Channel, hermetic: HermeticWatch | undefined, deliver: (message: unknown) => void): () => void {
    const outbox = new Outbox(channel)
    this.#outbox = outbox
    this.#isDetached = false
    this.#hermetic = hermetic
    const stopReporting = this.#sockets.tell(outbox)
    channel.onMessage((message) => {
      if (isCarried(message)) return outbox.settle(message)
      this.#root = rootIn(message) ?? this.#root
      const type = requestType(message)
      if (type !== undefined && this.#waiting !== undefined) return void this.#waiting.push(() => deliver(message))
      if (type === 'start') this.#waiting = []
      deliver(this.#generated.answer(message))
    })
    return () => {
      this.#outbox = undefined
      this.#isDetached = true
      stopReporting()
    }
  }

  post(message: unknown): void {
    // A last word of the rehearsal.
    if (this.#isDetached) return
    const outbox = this.#attached()
    if (isStarted(message)) this.#goOn()
    this.#generated.ask(message, this.#root)
    outbox.post(carryFilesOf(message, this.#root, outbox))
  }

  /** Vitest has answered `start`, and returns from that before a run begins. */
  #goOn(): void {
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    for (const deliver of waiting) void Promise.resolve().then(deliver)
  }

  /** Hooks into one run of Vitest: see the functions for why. */
  async observe(state: object): Promise<void> {
    const outbox = this.#attached()
    await this.#watchHermeticity(outbox)
    reportProgress(state, outbox)
    const config: unknown = Reflect.get(state, 'config')
    const options: unknown =
      typeof config === 'object' && config !== null ? Reflect.get(config, 'snapshotOptions') : undefined
    if (typeof options !== 'object' || options === null) {
      throw unsupported('config.snapshotOptions in the worker, without which snapshots could not be kept,')
    }
    carrySnapshots(options, outbox)
  }

  /** Loaded by those only who need it. A container has one file then. */
  async #watchHermeticity(outbox: Outbox): Promise<void> {
    if (this.#hermetic === undefined) return
    const { watchHermeticity } = await import('./hermetic.ts')
    watchHermeticity(this.#hermetic, outbox)
    this.#hermetic = undefined
  }

  /** After Vitest's `stopped`: the command of the container has done its work. */
  async end(): Promise<void> {
    await this.#attached().flushed()
    exitNow(0)
  }

  #attached(): Outbox {
    if (this.#outbox === undefined) throw new Error('mydocker: the worker is not attached to a pod')
    return this.#outbox
  }
}

function isCarried(message: unknown): message is Carried {
  return isNote(message) && message.mydocker === 'carried' && typeof Reflect.get(message, 'id') === 'number'
}

/** `start`, `run`, `collect` or `stop`; undefined for other messages. */
function requestType(message: unknown): unknown {
  if (typeof message !== 'object' || message === null) return undefined
  return Reflect.get(message, '__vitest_worker_request__') === true ? Reflect.get(message, 'type') : undefined
}

function isStarted(message: unknown): boolean {
  return typeof message === 'object' && message !== null && Reflect.get(message, 'type') === 'started'
}

function rootIn(message: unknown): string | undefined {
  if (typeof message !== 'object' || message === null || requestType(message) !== 'start') return undefined
  const root: unknown = Reflect.get(Object(Reflect.get(Object(Reflect.get(message, 'context')), 'config')), 'root')
  return typeof root === 'string' ? root : undefined
}

/**
 * Tests see what they see under Vitest's `forks` pool, a child with an IPC channel. Vitest itself asks `process.send` whether
 * faking `nextTick` would stop the messages to its main process; it would stop ours too. Nobody reads what is sent here.
 */
function looksLikeChildProcess(): void {
  const nextTick = process.nextTick.bind(process)
  const send = (...args: unknown[]): boolean => {
    const callback = args.at(-1)
    if (typeof callback === 'function') nextTick(callback, null)
    return true
  }
  Object.defineProperty(process, 'send', { value: send, writable: true, configurable: true, enumerable: true })
  Object.defineProperty(process, 'connected', { value: true, writable: true, configurable: true, enumerable: true })
}

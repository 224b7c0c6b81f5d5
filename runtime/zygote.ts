import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { Duplex, type Readable, type Writable } from 'node:stream'
import { Deferred } from './deferred.ts'
import { MydockerError, messageOf, unstarted } from './errors.ts'
import { nativeError } from './hints.ts'
import { compactLibrary, initProgram, sendDescriptors, socketPair } from './native.ts'
import { packageDirectory } from './package.ts'
import { encodePlan, RecordReader, type Step } from './plan.ts'

export interface ZygoteOptions {
  /** Path of the module whose `prepare` does all that is to be done before forks; see zygote-process.ts. */
  readonly module: string
  /** Node's own arguments. */
  readonly execArgv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly workingDir: string
}

/**
 * Makes V8 do all of its work on the main thread: of several threads only the one that forks is there afterwards. V8's own and
 * libuv's are idle then and hold no lock (runtime/zygote-process.ts checks that no others are there).
 */
const NODE_ARGUMENTS = [
  '--single-threaded',
  '--v8-pool-size=0',
  // A collection that is begun in small steps, or because nothing else is to do, writes to pages that a fork need not have copied.
  '--no-incremental-marking',
  '--no-memory-reducer',
  // Collections forget the code of functions that have not been called for a while; every fork would compile it anew.
  '--no-flush-bytecode',
  // What the rehearsal has learnt of types is kept from the first call on.
  '--no-lazy-feedback-allocation',
  // V8 has its built-in functions copied to where its code is; without the copy they are in Node's program, and so in huge pages.
  '--no-short-builtin-calls',
]

/** A fork takes milliseconds, on a machine that is overloaded some hundred: a zygote that takes longer than this has been stopped. */
const ANSWER_MS = 10_000

/** The length that encodePlan puts first, which a message does not need. */
const LENGTH_BYTES = 4

/**
 * A Node process that has been prepared for its work and then only forks (native/zygote.c). It is outside of all containers, and
 * dies with this process.
 */
export class Zygote {
  /** Our end of its descriptor 3, for the preparation. */
  readonly channel: Duplex
  /** Our end of the channel of the fork that rehearses, once it is prepared; it has to end that process with status 0. */
  readonly rehearsalChannel: Duplex
  readonly stdout: Readable
  readonly stderr: Readable
  /** Resolves when it is prepared. Rejects with a MydockerError (stage `zygote`) when it cannot be forked or has died. */
  readonly serving: Promise<void>
  /** Resolves with the cause when it has died. */
  readonly died: Promise<MydockerError>
  readonly #process: ChildProcess
  readonly #control: number
  readonly #serving = new Deferred<void>()
  readonly #died = new Deferred<MydockerError>()
  readonly #forks = new Map<string, Deferred<number>>()
  readonly #records = new RecordReader()
  #lastId = 0
  #refusal: MydockerError | undefined
  #closed = false

  constructor(options: ZygoteOptions) {
    this.serving = this.#serving.promise
    this.serving.catch(() => {})
    this.died = this.#died.promise
    const [ours, theirs] = socketPair('seqpacket')
    this.#control = ours
    const entry = `${packageDirectory}/dist/runtime/zygote-process.js`
    const command = [process.execPath, ...NODE_ARGUMENTS, ...options.execArgv, entry, options.module]
    this.#process = spawn(initProgram, ['zygote', ...command], {
      cwd: options.workingDir,
      env: { LD_PRELOAD: compactLibrary, ...options.env },
      detached: true, // a session of its own: the terminal's Ctrl-C is for us
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', theirs, 'pipe'],
    })
    // Not the status socket: children of the zygote may still hold it.
    this.#process.once('exit', (code, signal) => this.#end(`it ended with ${signal ?? `exit status ${code}`}`))
    this.#process.once('error', (error) => this.#end(error.message))
    closeSync(theirs)
    if (this.#process.pid === undefined) {
      closeSync(this.#control)
      throw unstarted('zygote', 'the process that forks')
    }
    const streams: readonly (Readable | Writable | null | undefined)[] = this.#process.stdio
    const [, stdout, stderr, channel, status, , rehearsal] = streams
    this.stdout = duplex(stdout)
    this.stderr = duplex(stderr)
    this.channel = duplex(channel)
    this.rehearsalChannel = duplex(rehearsal)
    const records = duplex(status)
    records.on('data', (chunk: Buffer) => this.#receive(chunk))
    records.on('error', () => {})
    const idle = (): void => {
      this.#process.unref()
      for (const stream of [this.stdout, this.stderr, this.channel, this.rehearsalChannel, records]) unref(stream)
    }
    this.serving.then(idle, idle)
  }

  get alive(): boolean {
    if (this.#closed || this.#refusal !== undefined) return false
    return this.#process.exitCode === null && this.#process.signalCode === null
  }

  /** Host pid. */
  get pid(): number | undefined {
    return this.#process.pid
  }

  /**
   * Forks it into the container of that PID 1.
   * @param steps what the plan of the container says of its command
   * @param descriptors its stdout, stderr and channel, and where PID 1 is told of it; the caller closes them
   * @param gone rejects when the container has ended: its fork says nothing any more
   * @returns pid of the fork inside
   * @throws MydockerError stage `zygote` when the zygote is gone, else the stage that failed in the fork
   */
  async fork(
    initPid: number,
    steps: readonly Step[],
    descriptors: readonly number[],
    gone: Promise<never>,
  ): Promise<number> {
    await this.serving
    // What it had forked may still hold the other end of its socket, and would never answer.
    if (!this.alive) throw await this.died
    const id = `${++this.#lastId}`
    const fork = new Deferred<number>()
    this.#forks.set(id, fork)
    const timer = setTimeout(() => fork.reject(this.#giveUp(`did not answer within ${ANSWER_MS / 1000} s`)), ANSWER_MS)
    try {
      const request = encodePlan([['join', id, `${initPid}`], ...steps])
      sendDescriptors(this.#control, request.subarray(LENGTH_BYTES), descriptors)
      return await Promise.race([fork.promise, gone])
    } finally {
      clearTimeout(timer)
      this.#forks.delete(id)
    }
  }

  /** Ends it; its forks live on. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    closeSync(this.#control)
    this.#killGroup()
  }

  #receive(chunk: Buffer): void {
    try {
      for (const [name, ...args] of this.#records.push(chunk)) this.#record(name, args)
    } catch (error) {
      this.#giveUp(`sent what is no record: ${messageOf(error)}`)
    }
  }

  #record(name: string, [a = '', b = '', c = '', d = '', e = '']: string[]): void {
    if (name === 'serving') this.#serving.resolve()
    else if (name === 'refused') this.#refusal = nativeError(a, Number(b), c, d)
    else if (name === 'joined') this.#forks.get(a)?.resolve(Number(b))
    else if (name === 'failed') this.#forks.get(a)?.reject(nativeError(b, Number(c), d, e))
  }

  /** @param why in the past tense */
  #giveUp(why: string): MydockerError {
    this.#refusal ??= new MydockerError({ stage: 'zygote', message: `the process that forks ${why} and was killed` })
    this.#killGroup()
    return this.#refusal
  }

  /** What a module that it loaded has started goes with it; its forks have sessions of their own. */
  #killGroup(): void {
    try {
      if (this.#process.pid !== undefined) process.kill(-this.#process.pid, 'SIGKILL')
    } catch {
      // Nobody is left in it.
    }
  }

  #end(how: string): void {
    this.#killGroup()
    const error = this.#refusal ?? new MydockerError({ stage: 'zygote', message: `the process that forks: ${how}` })
    this.#serving.reject(error)
    for (const fork of this.#forks.values()) fork.reject(error)
    this.#died.resolve(error)
  }
}

/** Every pipe of a child process is a socket that goes both ways. */
function duplex(stream: Readable | Writable | null | undefined): Duplex {
  if (stream instanceof Duplex) return stream
  throw new MydockerError({ stage: 'zygote', message: 'a stream of the process that forks is missing' })
}

/** A waiting zygote must not keep this process alive. */
function unref(stream: object): void {
  const unref: unknown = Reflect.get(stream, 'unref')
  if (typeof unref === 'function') Reflect.apply(unref, stream, [])
}

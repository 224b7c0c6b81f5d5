import { closeSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { Deferred } from './deferred.ts'
import { MydockerError, messageOf } from './errors.ts'
import { nativeError } from './hints.ts'
import type { Launcher } from './launcher.ts'
import { type Namespaces, passNamespaces } from './namespaces.ts'
import { receiveDescriptor } from './native.ts'
import { encodePlan, RecordReader, type Step } from './plan.ts'
import { joiningSteps } from './steps.ts'
import { closeAll, closed, openStreams, supervisorDescriptors } from './streams.ts'
import type { Milliseconds } from './units.ts'

/** How a command that was run in a container ended. */
export interface ExecResult {
  /** 128 + signal number for one that a signal has ended. */
  readonly exitCode: number
  /** The last of what it printed on stdout and stderr. */
  readonly output: string
}

/** Where to connect to, from inside. */
export interface Destination {
  readonly port: number
  /** Tried in this order. */
  readonly addresses: readonly { readonly family: 'IPv4' | 'IPv6'; readonly address: string }[]
}

/** What is kept of the output of a command. */
const OUTPUT_CHARACTERS = 4096

/** A container that is visited, by what it is made of. */
export interface Visited {
  readonly launcher: Launcher
  readonly namespaces: Namespaces
  readonly steps: readonly Step[]
}

/**
 * Runs a command in a container that runs: in all of its namespaces and its cgroup, as its user, in its environment and directory.
 * @throws MydockerError stage `exec`: it did not end in time, and was killed; or the stage at which it could not be started
 */
export async function exec(
  visited: Visited,
  command: readonly [string, ...string[]],
  timeout: Milliseconds,
): Promise<ExecResult> {
  const enter = visited.namespaces.of()
  const visit = new Visit(
    visited.launcher,
    [enter.step, ...joiningSteps(visited.steps), ['command', ...command]],
    enter.fds,
  )
  return visit.within(timeout, 'exec', visit.exited)
}

/**
 * Connects to a server from inside of a container's network.
 * @throws MydockerError stage `connect`: refused, unreachable, or not in time
 */
export async function connect(
  { launcher, namespaces }: Visited,
  { port, addresses }: Destination,
  timeout: Milliseconds,
): Promise<Socket> {
  const steps = addresses.map(({ family, address }): Step => ['connect', family, address, `${port}`])
  const enter = namespaces.of(['user', 'net'])
  const hasOwn = enter.step.includes('net')
  const visit = new Visit(launcher, hasOwn ? [enter.step, ...steps] : steps, hasOwn ? enter.fds : [])
  return visit.within(timeout, 'connect', visit.connected)
}

/** One stay of a supervisor in a container; see native/visit.h for the other side. */
class Visit {
  readonly exited: Promise<ExecResult>
  readonly connected: Promise<Socket>
  readonly #status: Socket
  readonly #descriptors: number
  readonly #records = new RecordReader()
  readonly #exit = new Deferred<ExecResult>()
  readonly #connection = new Deferred<Socket>()
  readonly #outputEnded: Promise<unknown>
  #output = ''
  #hasExited = false

  constructor(launcher: Launcher, steps: readonly Step[], namespaces: readonly number[]) {
    this.exited = this.#exit.promise
    this.connected = this.#connection.promise
    this.exited.catch(() => {})
    this.connected.catch(() => {})
    const { nothing } = launcher
    const streams = openStreams({ stdio: 'pipe', channel: false }, nothing)
    this.#status = streams.status
    this.#descriptors = streams.descriptors
    this.#status.on('data', (chunk: Buffer) => this.#receive(chunk))
    this.#status.on('error', () => {})
    this.#status.once('close', () => this.#end())
    this.#outputEnded = Promise.all([streams.stdout, streams.stderr].map((stream) => this.#collect(stream)))
    try {
      passNamespaces(streams.descriptors, namespaces)
      launcher.launch(supervisorDescriptors({ command: ['visit'], stdio: 'pipe' }, streams, nothing))
      this.#status.write(encodePlan([['visit'], ...steps]))
    } catch (error) {
      this.#fail(error)
      this.#status.destroy()
    }
    closeAll(streams.ofSupervisor)
    closeAll(streams.ofCommand.filter((fd) => fd !== nothing))
  }

  /** @returns what is waited for; the visit is over then, and its command with it */
  async within<T>(timeout: Milliseconds, stage: string, result: Promise<T>): Promise<T> {
    const late = new MydockerError({ stage, message: `no end within ${timeout / 1000} s` })
    const timer = setTimeout(() => this.#fail(late), timeout)
    try {
      return await result
    } finally {
      clearTimeout(timer)
      this.#status.destroy()
    }
  }

  #receive(chunk: Buffer): void {
    try {
      for (const [name, ...args] of this.#records.push(chunk)) this.#record(name, args)
    } catch (error) {
      this.#fail(new MydockerError({ stage: 'supervisor', message: messageOf(error) }))
    }
  }

  #record(name: string, [a = '', b = '', c = '', d = '']: string[]): void {
    if (name === 'error') this.#fail(nativeError(a, Number(b), c, d))
    else if (name === 'started') this.#takeConnection()
    else if (name === 'exit') {
      this.#hasExited = true
      // What a process that it left behind may still print is not waited for: its streams end with this visit.
      const done = (): void => this.#exit.resolve({ exitCode: Number(a), output: this.#output })
      void Promise.race([this.#outputEnded, new Promise((resolve) => setTimeout(resolve, DRAIN_MS))]).then(done)
    }
  }

  #takeConnection(): void {
    const passed = receiveDescriptor(this.#descriptors)
    if (passed !== undefined) this.#connection.resolve(new Socket({ fd: passed.fd, readable: true, writable: true }))
  }

  async #collect(stream: Readable | undefined): Promise<void> {
    stream?.on('data', (chunk: Buffer) => {
      this.#output = (this.#output + chunk.toString()).slice(-OUTPUT_CHARACTERS)
    })
    stream?.on('error', () => {})
    if (stream !== undefined) await closed(stream)
  }

  #fail(error: unknown): void {
    this.#exit.reject(error)
    this.#connection.reject(error)
  }

  #end(): void {
    if (!this.#hasExited)
      this.#fail(new MydockerError({ stage: 'supervisor', message: 'it ended before it had done its work' }))
    closeSync(this.#descriptors)
  }
}

/** What a process that has ended had written is in the kernel's buffers already. */
const DRAIN_MS: Milliseconds = 100

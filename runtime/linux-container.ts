import { closeSync, writeSync } from 'node:fs'
import type { Server, Socket } from 'node:net'
import type { Duplex, Readable, Writable } from 'node:stream'
import { ReadStream } from 'node:tty'
import type { Cgroup } from './cgroup/types.ts'
import type { Change, Container } from './container.ts'
import { Deferred } from './deferred.ts'
import { MydockerError, messageOf } from './errors.ts'
import { forward } from './forward.ts'
import { nativeError } from './hints.ts'
import type { Launcher } from './launcher.ts'
import { Namespaces, passNamespaces } from './namespaces.ts'
import { receiveDescriptor, setTerminalSize } from './native.ts'
import { encodePlan, RecordReader, type Step } from './plan.ts'
import { childrenOf, processTree } from './ports.ts'
import { ProcessRecords } from './process-records.ts'
import { inspectProcess, isEnding, pidInside } from './processes.ts'
import { formatBytes } from './quantity.ts'
import { skeleton, upperLayers } from './rootfs.ts'
import type { ContainerSpec, ContainerStatus, HostPort, ProcessInfo, TerminalSize } from './spec.ts'
import { joiningSteps } from './steps.ts'
import { Storage } from './storage.ts'
import { closeAll, ignoreWriteErrors, openStreams, supervisorDescriptors } from './streams.ts'
import type { Bytes, Milliseconds } from './units.ts'
import { UpperLayers } from './upper.ts'
import { connect, type Destination, type ExecResult, exec, type Visited } from './visit.ts'
import type { Zygote } from './zygote.ts'

/** How often a container with a memory limit is looked at: an OOM kill of one process ends the whole container, as
 * Kubernetes has it (memory.oom.group), within this time where the kernel does not do it itself (cgroup v1). */
const WATCH_INTERVAL: Milliseconds = 100
/** From this share of the limit on, the largest processes are noted: when the limit is hit it is too late. */
const NOTE_FROM_SHARE = 0.5

/** A container made by `mydocker-init`; see native/init.c for the other side of the records. */
export class LinuxContainer implements Container {
  readonly name: string
  /** For a command that will be forked by a zygote: all else is there. */
  readonly ready: Promise<void>
  readonly started: Promise<void>
  readonly ended: Promise<ContainerStatus>
  readonly removed: Promise<void>
  readonly channel: Duplex | undefined
  stdin: Writable | undefined
  stdout: Readable | undefined
  readonly stderr: Readable | undefined
  initPid = 0
  /** The network namespace of a bridge that was made for a run. It is left to whoever takes it. */
  network: number | undefined
  #supervisorPid = 0

  readonly namespaces: Namespaces
  readonly #launcher: Launcher
  readonly #cgroup: Cgroup
  readonly #status: Socket
  readonly #statusClosed = new Deferred<void>()
  readonly #descriptors: number
  readonly #steps: readonly Step[]
  readonly #records = new RecordReader()
  readonly #servers: Server[] = []
  readonly #watch: NodeJS.Timeout | undefined
  readonly #onPlainLayer: (source: string) => void
  readonly #ready = new Deferred<void>()
  readonly #start = new Deferred<void>()
  readonly #end = new Deferred<ContainerStatus>()
  readonly #remove = new Deferred<void>()
  /** The data tmpfs. */
  #data: number | undefined
  #storage: Storage | undefined
  readonly #canEvict: boolean
  #evicted = false
  #upper: UpperLayers | undefined
  #terminal: number | undefined
  /** Where PID 1 learns of the command that a zygote has forked. */
  #join: number | undefined
  /** Ends of the command's streams that nobody has got yet. */
  #forkDescriptors: readonly number[] = []
  #killed = false
  #hasDescriptors = false
  #hasEnded = false
  #removing = false
  readonly #processes: ProcessRecords
  readonly #timings: Record<string, Milliseconds> | undefined

  constructor(
    spec: Pick<ContainerSpec, 'name' | 'command' | 'stdio' | 'channel' | 'timings' | 'evict'>,
    steps: readonly Step[],
    cgroup: Cgroup,
    launcher: Launcher,
    onPlainLayer: (source: string) => void,
    /** Descriptors of namespaces that it shares with another one (step `enter`), and of that of the bridge that it is to be on. */
    inherited: { readonly namespaces?: readonly number[] | undefined; readonly network?: number | undefined } = {},
  ) {
    this.name = spec.name
    this.ready = this.#ready.promise
    this.started = this.#start.promise
    this.ended = this.#end.promise
    this.removed = this.#remove.promise
    this.#launcher = launcher
    this.#cgroup = cgroup
    this.#canEvict = spec.evict === true
    this.#steps = steps
    this.namespaces = new Namespaces(steps)
    this.#timings = spec.timings ? {} : undefined
    // A zygote runs in our own Node.
    this.#processes = new ProcessRecords(spec.command === 'forked' ? process.execPath : spec.command.join(' '))
    this.#onPlainLayer = onPlainLayer
    // They reject for whoever awaits them; nobody has to.
    this.ready.catch(() => {})
    this.started.catch(() => {})

    const { nothing } = launcher
    const streams = openStreams(spec, nothing)
    this.stdout = streams.stdout
    this.stderr = streams.stderr
    this.channel = streams.channel
    this.#descriptors = streams.descriptors
    this.#status = streams.status
    this.#status.on('data', (chunk: Buffer) => this.#receive(chunk))
    ignoreWriteErrors(this.#status)
    this.#status.on('error', () => {})
    this.#status.once('close', () => {
      this.#finish()
      this.#statusClosed.resolve()
    })
    try {
      passNamespaces(streams.descriptors, inherited.namespaces ?? [])
      launcher.launch(supervisorDescriptors(spec, streams, nothing), inherited.network)
    } catch (error) {
      this.#fail(error)
    }
    closeAll(streams.ofSupervisor)
    // A command that is forked later gets them from its zygote: `forkCommand`.
    this.#forkDescriptors = streams.ofCommand.filter((fd) => fd !== nothing)
    if (spec.command !== 'forked') this.#closeForkDescriptors()
    this.#status.write(encodePlan(steps))
    if (cgroup.limits.memory !== undefined || this.#canEvict)
      this.#watch = setInterval(() => this.#look(), WATCH_INTERVAL).unref()
  }

  /**
   * Has a zygote fork the command of a container that was made for that (`command: 'forked'`).
   * @returns its pid as PID 1 sees it
   */
  async forkCommand(zygote: Zygote): Promise<number> {
    await this.ready
    const begin = performance.now()
    const gone = this.#endedEarly()
    // It comes to that with every container.
    gone.catch(() => {})
    try {
      return await zygote.fork(
        this.initPid,
        joiningSteps(this.#steps),
        [...this.#forkDescriptors, this.#requireJoin()],
        gone,
      )
    } finally {
      this.#took('fork', performance.now() - begin)
      this.#closeForkDescriptors()
    }
  }

  async #endedEarly(): Promise<never> {
    const { reason, memoryLimit } = await this.ended
    if (reason !== 'OOMKilled' || memoryLimit === undefined)
      throw new MydockerError({ stage: 'join', message: 'the container ended before a process was forked into it' })
    throw new MydockerError({
      stage: 'join',
      message: `a process that Node was forked into needs more than the memory limit ${formatBytes(memoryLimit)}`,
      hint: 'Raise `limits.memory`.',
    })
  }

  /**
   * Tells PID 1 of the command that a zygote has forked into the container, which then has `started`.
   * @param pid as PID 1 sees it
   */
  join(pid: number, hostname: string): void {
    if (this.#join === undefined) return
    this.#processes.commandPid = pid
    try {
      writeSync(
        this.#join,
        encodePlan([
          ['hostname', hostname],
          ['joined', `${pid}`],
        ]),
      )
    } catch {
      // PID 1 has died meanwhile: `started` tells.
    }
    this.#closeJoin()
  }

  signal(signal: NodeJS.Signals): void {
    if (this.initPid !== 0 && !this.#hasEnded) process.kill(this.initPid, signal)
  }

  kill(): void {
    this.#killed = true
    this.signal('SIGKILL')
    this.#resumeSupervisor()
  }

  /** One that somebody has stopped would not tell of the end. */
  #resumeSupervisor(): void {
    if (this.#supervisorPid === 0 || this.#hasEnded) return
    try {
      process.kill(this.#supervisorPid, 'SIGCONT')
    } catch {
      // It has died, which the end of the status socket is about to tell.
    }
  }

  oomKilled(): boolean {
    return this.#cgroup.usage().oomKills > 0
  }

  storageFull(): boolean {
    return this.#storage?.isFull ?? false
  }

  evict(): void {
    this.#evicted = true
    this.kill()
  }

  async exec(command: readonly [string, ...string[]], timeout: Milliseconds): Promise<ExecResult> {
    return exec(this.#visited(), command, timeout)
  }

  async connect(destination: Destination, timeout: Milliseconds): Promise<Socket> {
    return connect(this.#visited(), destination, timeout)
  }

  peakMemory(): Bytes | undefined {
    return this.#cgroup.usage().memoryPeak
  }

  isEnding(): boolean {
    const command = childrenOf(this.initPid).find((pid) => pidInside(pid) === this.#processes.commandPid)
    return this.#hasEnded || command === undefined || isEnding(command)
  }

  processes(): ProcessInfo[] {
    const inCgroup = this.#cgroup.processes()
    const pids = inCgroup.length > 0 || this.initPid === 0 ? inCgroup : processTree(this.initPid).slice(1)
    return pids.flatMap((pid) => inspectProcess(pid) ?? [])
  }

  get canReplaceDirectories(): boolean {
    return this.#requireUpper().canReplaceDirectories
  }

  async changes(): Promise<Change[]> {
    return this.#requireUpper().changes()
  }

  async copyOut(path: string, destination: string): Promise<void> {
    await this.#requireUpper().copyOut(path, destination)
  }

  resizeTerminal({ rows, columns }: TerminalSize): void {
    if (this.#terminal !== undefined && !this.#hasEnded) setTerminalSize(this.#terminal, rows, columns)
  }

  async remove(): Promise<void> {
    if (this.#removing) return this.removed
    this.#removing = true
    if (!this.#hasEnded) this.kill()
    await this.ended
    for (const server of this.#servers) server.close()
    // What nobody has read must not keep this process alive.
    for (const stream of [this.stdout, this.stderr, this.channel]) if (stream?.readableFlowing === null) stream.resume()
    this.#status.end() // releases the supervisor
    await this.#statusClosed.promise
    this.#closeForkDescriptors()
    this.#closeJoin()
    this.namespaces.close()
    if (this.#data !== undefined) closeSync(this.#data)
    this.#data = undefined
    this.#storage = undefined
    await this.#cgroup.remove().then(this.#remove.resolve, this.#remove.reject)
    return this.removed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.remove()
  }

  #receive(chunk: Buffer): void {
    try {
      for (const [name, ...args] of this.#records.push(chunk)) this.#record(name, args)
    } catch (error) {
      this.#fail(new MydockerError({ stage: 'supervisor', message: `it sent what is no record: ${messageOf(error)}` }))
      this.#status.destroy()
      this.kill()
    }
  }

  #record(name: string, args: string[]): void {
    const [a = '', b = '', c = '', d = ''] = args
    if (name === 'init') this.#setPids(Number(a), Number(b))
    else if (name === 'plain-layer') this.#onPlainLayer(a.replace(/^\/old/, '') || '/')
    else if (name === 'ready') this.#isReady()
    else if (name === 'started') this.#started()
    else if (name === 'error') this.#fail(nativeError(a, Number(b), c, d))
    else if (name === 'time') this.#took(a, Number(b) / NANOSECONDS)
    else if (name === 'ended') this.#finish()
    else this.#processes.record(name, args)
  }

  #took(step: string, time: Milliseconds): void {
    if (this.#timings !== undefined) this.#timings[step] = time
  }

  #setPids(init: number, supervisor: number): void {
    this.initPid = init
    this.#supervisorPid = supervisor
    if (this.#killed) this.kill()
  }

  #isReady(): void {
    this.#takeDescriptors()
    this.#ready.resolve()
  }

  #started(): void {
    this.#isReady()
    this.#start.resolve()
  }

  #requireJoin(): number {
    if (this.#join !== undefined) return this.#join
    throw new MydockerError({ stage: 'join', message: `container ${this.name} is not one for a forked command` })
  }

  #closeForkDescriptors(): void {
    closeAll(this.#forkDescriptors)
    this.#forkDescriptors = []
  }

  #closeJoin(): void {
    if (this.#join !== undefined) closeSync(this.#join)
    this.#join = undefined
  }

  #takeDescriptors(): void {
    if (this.#hasDescriptors) return
    this.#hasDescriptors = true
    for (;;) {
      const passed = receiveDescriptor(this.#descriptors)
      if (!passed) break
      const [what, family, port] = passed.tag.split(' ')
      if (what === 'data') this.#openData(passed.fd)
      else if (what === 'listen')
        this.#servers.push(forward(passed.fd, family as HostPort['families'][number], Number(port)))
      else if (what === 'terminal') this.#openTerminal(passed.fd)
      else if (what === 'join') this.#join = passed.fd
      else if (what === 'namespace') this.namespaces.take(passed)
      else if (what === 'network') this.network = passed.fd
    }
    closeSync(this.#descriptors)
  }

  #openData(fd: number): void {
    this.#data = fd
    this.#storage = new Storage(fd)
  }

  #openTerminal(fd: number): void {
    this.#terminal = fd
    // One stream for both directions: libuv watches a descriptor once.
    const terminal = new ReadStream(fd)
    this.stdin = terminal
    this.stdout = terminal
    // A pty whose other side is closed reads as EIO: that is its end (pty(7)).
    terminal.on('error', () => terminal.destroy())
    terminal.once('close', () => {
      this.#terminal = undefined
    })
  }

  /** Notes the largest processes while there are any, and ends the container when one of them was OOM killed or its storage is full. */
  #look(): void {
    const { oomKills, memoryCurrent = 0 } = this.#cgroup.usage()
    // PID 1 is not in it, and reports what they had.
    if (oomKills > 0) this.#cgroup.kill()
    else if (this.#canEvict && this.#storage?.staysFull() === true) this.evict()
    else if (memoryCurrent > NOTE_FROM_SHARE * (this.#cgroup.limits.memory ?? Number.POSITIVE_INFINITY))
      this.#processes.note(this.processes())
  }

  #fail(error: unknown): void {
    this.#ready.reject(error)
    this.#start.reject(error)
  }

  #finish(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    clearInterval(this.#watch)
    this.#takeDescriptors()
    this.#fail(
      new MydockerError({ stage: 'supervisor', message: 'the container ended before its command was started' }),
    )
    this.#end.resolve({
      ...this.#processes.status(this.#cgroup.usage(), this.#cgroup.limits.memory, this.#evicted),
      ...this.#cgroup.excess(),
      bytesWritten: this.#storage?.bytesWritten,
      timings: this.#timings,
    })
  }

  #visited(): Visited {
    if (this.namespaces.isOpen && !this.#hasEnded)
      return { launcher: this.#launcher, namespaces: this.namespaces, steps: this.#steps }
    throw new MydockerError({ stage: 'enter', message: `container ${this.name} has ended or is not to be entered` })
  }

  #requireUpper(): UpperLayers {
    if (this.#data !== undefined) {
      this.#upper ??= new UpperLayers(this.#data, upperLayers(this.#steps), skeleton(this.#steps))
      return this.#upper
    }
    throw new MydockerError({ stage: 'changes', message: `container ${this.name} has been removed` })
  }
}

/** In a millisecond. */
const NANOSECONDS = 1e6

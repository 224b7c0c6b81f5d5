import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import type { Server } from 'node:net'
import { constants } from 'node:os'
import { Duplex, type Readable, type Writable } from 'node:stream'
import { ReadStream } from 'node:tty'
import type { Cgroup } from './cgroup/types.ts'
import type { Change, Container } from './container.ts'
import { Deferred } from './deferred.ts'
import { MydockerError } from './errors.ts'
import { forward } from './forward.ts'
import { nativeError } from './hints.ts'
import { initProgram, receiveDescriptor, setTerminalSize, socketPair } from './native.ts'
import { encodePlan, RecordReader, type Step } from './plan.ts'
import { processTree } from './ports.ts'
import { bySize, inspectProcess, KIB } from './processes.ts'
import { skeleton, upperLayers } from './rootfs.ts'
import type { ContainerSpec, ContainerStatus, HostPort, ProcessInfo, TerminalSize } from './spec.ts'
import type { Milliseconds } from './units.ts'
import { UpperLayers } from './upper.ts'

/** How often a container with a memory limit is looked at: an OOM kill of one process ends the whole container, as
 * Kubernetes has it (memory.oom.group), within this time where the kernel does not do it itself (cgroup v1). */
const WATCH_INTERVAL: Milliseconds = 100
/** From this share of the limit on, the largest processes are noted: when the limit is hit it is too late. */
const NOTE_FROM_SHARE = 0.5
const SIGKILL = constants.signals.SIGKILL
/** The first name of a number counts: SIGABRT, not its alias SIGIOT. */
const SIGNAL_NAMES = new Map(
  Object.entries(constants.signals)
    .reverse()
    .map(([name, number]) => [number, name as NodeJS.Signals]),
)

/** A container made by `mydocker-init`; see native/init.c for the other side of the records. */
export class LinuxContainer implements Container {
  readonly name: string
  readonly started: Promise<void>
  readonly ended: Promise<ContainerStatus>
  readonly removed: Promise<void>
  readonly channel: Duplex | undefined
  stdin: Writable | undefined
  stdout: Readable | undefined
  readonly stderr: Readable | undefined
  initPid = 0

  readonly #cgroup: Cgroup
  readonly #supervisor: ChildProcess
  readonly #supervisorExit: Promise<void>
  readonly #status: Duplex
  readonly #descriptors: number
  readonly #steps: readonly Step[]
  readonly #records = new RecordReader()
  readonly #servers: Server[] = []
  readonly #watch: NodeJS.Timeout | undefined
  readonly #onPlainLayer: (source: string) => void
  readonly #start = new Deferred<void>()
  readonly #end = new Deferred<ContainerStatus>()
  readonly #remove = new Deferred<void>()
  #upper: { readonly fd: number; readonly layers: UpperLayers } | undefined
  #terminal: number | undefined
  #exit: Exit | undefined
  #hasEnded = false
  #removing = false
  #noted: readonly ProcessInfo[] = []
  readonly #killed: ProcessInfo[] = []
  readonly #leftBehind: ProcessInfo[] = []

  constructor(
    spec: Pick<ContainerSpec, 'name' | 'stdio' | 'channel'>,
    steps: readonly Step[],
    cgroup: Cgroup,
    onPlainLayer: (source: string) => void,
  ) {
    this.name = spec.name
    this.started = this.#start.promise
    this.ended = this.#end.promise
    this.removed = this.#remove.promise
    this.#cgroup = cgroup
    this.#steps = steps
    this.#onPlainLayer = onPlainLayer
    // `started` rejects for whoever awaits it; nobody has to.
    this.started.catch(() => {})

    const [ours, theirs] = socketPair()
    this.#descriptors = ours
    const streams = {
      pipe: ['ignore', 'pipe', 'pipe'],
      inherit: [0, 1, 2],
      terminal: ['ignore', 'ignore', 'ignore'],
    } as const
    this.#supervisor = spawn(initProgram, [], {
      detached: true, // a session of its own: the terminal's Ctrl-C is for us, not for what runs inside
      env: {},
      stdio: [...streams[spec.stdio], spec.channel ? 'pipe' : 'ignore', 'pipe', theirs],
    })
    closeSync(theirs)
    this.#supervisorExit = new Promise((resolve) => {
      this.#supervisor.once('exit', () => resolve()).once('error', () => resolve())
    })
    this.stdout = this.#supervisor.stdout ?? undefined
    this.stderr = this.#supervisor.stderr ?? undefined
    this.channel = asDuplex(this.#supervisor.stdio[3])
    this.#status = requireDuplex(this.#supervisor.stdio[4])
    this.#status.on('data', (chunk: Buffer) => this.#receive(chunk))
    this.#status.on('error', () => {})
    this.#supervisor.once('error', (error) =>
      this.#fail(new MydockerError({ stage: 'supervisor', message: error.message, path: initProgram })),
    )
    this.#status.once('close', () => this.#finish())
    this.#status.write(encodePlan(steps))
    if (cgroup.limits.memory !== undefined) this.#watch = setInterval(() => this.#look(), WATCH_INTERVAL).unref()
  }

  signal(signal: NodeJS.Signals): void {
    if (this.initPid !== 0 && !this.#hasEnded) process.kill(this.initPid, signal)
  }

  kill(): void {
    if (this.initPid !== 0) this.signal('SIGKILL')
    else this.#supervisor.kill('SIGKILL')
  }

  oomKilled(): boolean {
    return this.#cgroup.usage().oomKills > 0
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
    this.#status.destroy() // releases the supervisor
    await this.#supervisorExit
    if (this.#upper) closeSync(this.#upper.fd)
    this.#upper = undefined
    await this.#cgroup.remove().then(this.#remove.resolve, this.#remove.reject)
    return this.removed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.remove()
  }

  #receive(chunk: Buffer): void {
    for (const [name, ...args] of this.#records.push(chunk)) this.#record(name, args)
  }

  #record(name: string, [a = '', b = '', c = '', d = '', e = '']: string[]): void {
    if (name === 'init') this.initPid = Number(a)
    else if (name === 'plain-layer') this.#onPlainLayer(a.replace(/^\/old/, '') || '/')
    else if (name === 'started') this.#takeDescriptors()
    else if (name === 'error') this.#fail(nativeError(a, Number(b), c, d))
    else if (name === 'exit')
      this.#exit = { code: Number(a), signal: Number(b), peak: Number(c) * KIB, cpu: Number(d) + Number(e) }
    else if (name === 'killed')
      this.#killed.push({ pid: Number(a), command: this.#commandOf(Number(a)), rss: Number(b) * KIB })
    else if (name === 'left-behind') this.#leftBehind.push({ pid: Number(a), command: b })
    else if (name === 'ended') this.#finish()
  }

  #takeDescriptors(): void {
    for (;;) {
      const passed = receiveDescriptor(this.#descriptors)
      if (!passed) break
      const [what, family, port] = passed.tag.split(' ')
      if (what === 'data')
        this.#upper = {
          fd: passed.fd,
          layers: new UpperLayers(passed.fd, upperLayers(this.#steps), skeleton(this.#steps)),
        }
      else if (what === 'listen')
        this.#servers.push(forward(passed.fd, family as HostPort['families'][number], Number(port)))
      else if (what === 'terminal') this.#openTerminal(passed.fd)
    }
    closeSync(this.#descriptors)
    this.#start.resolve()
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

  /** Notes the largest processes while there are any, and ends the container when one of them was OOM killed. */
  #look(): void {
    const { oomKills, memoryCurrent = 0 } = this.#cgroup.usage()
    if (oomKills > 0) this.kill()
    else if (memoryCurrent > NOTE_FROM_SHARE * (this.#cgroup.limits.memory ?? Number.POSITIVE_INFINITY))
      this.#noted = bySize(this.processes())
  }

  #commandOf(pid: number): string {
    return this.#noted.find((process) => process.pid === pid)?.command ?? '?'
  }

  #fail(error: MydockerError): void {
    this.#start.reject(error)
  }

  #finish(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    clearInterval(this.#watch)
    this.#start.reject(
      new MydockerError({ stage: 'supervisor', message: 'the container ended before its command was started' }),
    )
    this.#end.resolve(this.#terminated())
  }

  #terminated(): ContainerStatus {
    const usage = this.#cgroup.usage()
    const oom = usage.oomKills > 0
    // Without an exit record PID 1 was killed, and everything with it.
    const { code, signal, peak, cpu } = this.#exit ?? {
      code: 128 + SIGKILL,
      signal: SIGKILL,
      peak: undefined,
      cpu: undefined,
    }
    const name = SIGNAL_NAMES.get(signal)
    return {
      reason: oom ? 'OOMKilled' : code === 0 ? 'Completed' : 'Error',
      exitCode: oom ? 128 + SIGKILL : code,
      ...(name === undefined ? {} : { signal: name }),
      peakMemory: usage.memoryPeak ?? peak,
      memoryLimit: this.#cgroup.limits.memory,
      cpuMicroseconds: usage.cpuMicroseconds ?? cpu,
      largestProcesses: oom ? this.#largest(signal === SIGKILL ? peak : undefined) : [],
      leftBehind: this.#leftBehind,
    }
  }

  /** What was noted before the kill, corrected by what the killed processes had at their peak. */
  #largest(commandPeak: number | undefined): ProcessInfo[] {
    const command: ProcessInfo[] =
      commandPeak === undefined ? [] : [{ pid: COMMAND_PID, command: this.#commandOf(COMMAND_PID), rss: commandPeak }]
    const exact = [...command, ...this.#killed]
    const rest = this.#noted.filter(({ pid }) => !exact.some((known) => known.pid === pid))
    return bySize([...exact, ...rest])
  }

  #requireUpper(): UpperLayers {
    if (this.#upper) return this.#upper.layers
    throw new MydockerError({ stage: 'changes', message: `container ${this.name} has been removed` })
  }
}

/** PID 1 forks the command first. */
const COMMAND_PID = 2

interface Exit {
  readonly code: number
  readonly signal: number
  readonly peak: number | undefined
  readonly cpu: number | undefined
}

function asDuplex(stream: Readable | Writable | null | undefined): Duplex | undefined {
  return stream instanceof Duplex ? stream : undefined
}

function requireDuplex(stream: Readable | Writable | null | undefined): Duplex {
  const duplex = asDuplex(stream)
  if (!duplex) throw new MydockerError({ stage: 'supervisor', message: 'the status socket is missing' })
  return duplex
}

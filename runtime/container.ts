import type { Socket } from 'node:net'
import type { Duplex, Readable, Writable } from 'node:stream'
import type { ContainerStatus, ProcessInfo, TerminalSize } from './spec.ts'
import type { Bytes, Milliseconds } from './units.ts'
import type { Destination, ExecResult } from './visit.ts'

/** One difference between a container's root and the host's, found in the upper layers. */
export interface Change {
  readonly kind: 'added' | 'modified' | 'deleted'
  /** Absolute path as the container saw it. */
  readonly path: string
  readonly type: 'file' | 'directory' | 'symlink' | 'other'
}

/** A running container. `Engine.create` returns it once its command has been executed. */
export interface Container extends AsyncDisposable {
  readonly name: string
  /** Host pid of the container's PID 1. */
  readonly initPid: number
  /** Resolves when its command runs. Rejects with a MydockerError when it has ended before. */
  readonly started: Promise<void>
  /** Our end of descriptor 3 (`spec.channel`). */
  readonly channel: Duplex | undefined
  readonly stdin: Writable | undefined
  readonly stdout: Readable | undefined
  readonly stderr: Readable | undefined
  /** Signal to the command itself (forwarded by PID 1). */
  signal(signal: NodeJS.Signals): void
  /** Tells the command's terminal its new size (`stdio: 'terminal'`; of no effect otherwise). */
  resizeTerminal(size: TerminalSize): void
  /** SIGKILL to PID 1 and so to everything inside. */
  kill(): void
  /**
   * Runs a command inside, as the container's own (`spec.share`).
   * @throws MydockerError when it cannot be started, or stage `exec` when it has not ended in time
   */
  exec(command: readonly [string, ...string[]], timeout: Milliseconds): Promise<ExecResult>
  /**
   * Connects to a server from inside of its network (`spec.share`).
   * @throws MydockerError stage `connect`
   */
  connect(destination: Destination, timeout: Milliseconds): Promise<Socket>
  /** What its cgroup has used at most until now; undefined where there is none. */
  peakMemory(): Bytes | undefined
  /** Resolves when every process of the container has ended. Never rejects. */
  readonly ended: Promise<ContainerStatus>
  /** True once the kernel has OOM-killed a process of the container; reads the cgroup counter synchronously. */
  oomKilled(): boolean
  /** True while nothing more can be written: `ephemeralStorage` is used up. */
  storageFull(): boolean
  /** Kills it for that: it ends with reason `Evicted`. */
  evict(): void
  /** Whether its command has begun to end, though `ended` may not have told yet; from what it does last, e.g. closing its connections. */
  isEnding(): boolean
  /** Processes running now. */
  processes(): ProcessInfo[]
  /** What was written, readable until `remove`: also after the end. */
  changes(): Promise<Change[]>
  /** Copies a path of the container (a changed one) to the host, keeping mode and mtime. */
  copyOut(path: string, destination: string): Promise<void>
  /** Kills what runs, removes the cgroup, frees the upper layers. Idempotent. */
  remove(): Promise<void>
}

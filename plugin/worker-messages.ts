import { relative } from 'node:path'
import type { TestProject } from 'vitest/node'
import type { Container } from '../runtime/container.ts'
import { hostListeners } from '../runtime/ports.ts'
import { isPermitted } from './calls.ts'
import { ConnectionHints } from './connection-hints.ts'
import type { Deadline } from './deadline.ts'
import type { HermeticAudit } from './hermetic.ts'
import type { FailedConnection, WorkerNote } from './messages.ts'
import type { OwnTasks } from './own-tasks.ts'
import type { PodSpec } from './pod-spec.ts'
import type { Profile } from './profile.ts'
import { type FileRecord, Recorder } from './recorder.ts'
import { isRpcRequest, logStreams } from './vitest.ts'

/** A test that is shorter cannot have started a process that filled a container's memory; asking the kernel after each of them costs more. */
const CHILD_OOM_MS = 5

/** Of a name that a pod has given. */
const METHOD_CHARACTERS = 40

export interface Listening {
  readonly project: TestProject
  readonly spec: PodSpec
  readonly container: Container
  /** What the worker may speak about. */
  readonly tasks: OwnTasks
  readonly audit: HermeticAudit | undefined
  readonly deadline: Deadline
  readonly profile: Profile
  /** Passes a message on to Vitest. */
  emit(message: unknown): void
  /** Ends the pod. @param fault what its process did, in the past tense */
  fail(fault: string): void
}

/** What the worker of a pod says, on its way to Vitest: looked at, noted, and kept back where it is not to be believed. */
export class WorkerMessages {
  readonly recorder = new Recorder()
  /** Files that ran, relative to the project's root. */
  readonly files = new Set<string>()
  readonly #listening: Listening
  readonly #hints: ConnectionHints
  /** The pod is being killed; what it still says would only contradict the verdict. */
  #condemned = false
  #hasUnhandledError = false

  constructor(listening: Listening) {
    this.#listening = listening
    this.#hints = new ConnectionHints({ network: listening.spec.network, hostListeners })
  }

  get condemned(): boolean {
    return this.#condemned
  }

  /** Whether it has told of an error that belongs to no test. */
  get hasUnhandledError(): boolean {
    return this.#hasUnhandledError
  }

  note(note: WorkerNote): void {
    if (this.#condemned) return
    if (note.mydocker === 'test-finished' && this.#hasLostProcess(note.result)) {
      // The test goes on running, as far as anybody is told, and so it is the one that fails.
      this.#condemned = true
      this.#listening.container.kill()
      return
    }
    this.#listening.audit?.take(note)
    this.recorder.recordNote(note)
  }

  /** Whether the kernel has killed a process for memory by the time that a test ends: one that the test started. */
  #hasLostProcess({ duration }: Readonly<Record<string, unknown>>): boolean {
    return typeof duration === 'number' && duration >= CHILD_OOM_MS && this.#listening.container.oomKilled()
  }

  receive(message: object): void {
    if (this.#condemned) return
    if (isRpcRequest(message)) {
      if (!isPermitted(message, this.#listening.tasks, this.#listening.project)) {
        this.#listening.fail(
          `called what no test file may, or for another one (${message.m.slice(0, METHOD_CHARACTERS)})`,
        )
        return
      }
      if (message.i !== undefined) this.#listening.profile.asked(message.i)
      this.#hints.addTo(message)
      const passed = this.#listening.audit?.withhold(message, this.recorder.current) ?? message
      this.recorder.recordRpc(passed)
      if (message.m === 'onQueued') this.#begin(this.recorder.current)
      if (message.m === 'onUnhandledError') this.#hasUnhandledError = true
      if (message.m === 'onCollected') this.#listening.profile.reach('collection')
      this.#listening.emit(passed)
      return
    }
    this.#listening.emit(message)
  }

  /** A file's own deadline and hints begin with it: with `isolate: false` there may be several in one run. */
  #begin(record: FileRecord | undefined): void {
    this.#listening.profile.reach('setup')
    if (record === undefined) return
    const isFirst = this.files.size === 0
    this.files.add(this.#relative(record.filepath))
    // The first file's time began with the making of its pod.
    if (!isFirst) this.#listening.deadline.begin()
  }

  /** For libraries that turn a failed connection into a failure of another kind. */
  hintAtSwallowedErrors(connections: readonly FailedConnection[]): void {
    const { current } = this.recorder
    const hint = current?.failed === true ? this.#hints.ofSwallowed(connections) : undefined
    if (current === undefined || hint === undefined) return
    const { stderr } = logStreams(this.#listening.project.vitest)
    stderr.write(`mydocker: ${this.#relative(current.filepath)}: ${hint}\n`)
  }

  #relative(file: string): string {
    return relative(this.#listening.project.config.root, file)
  }
}

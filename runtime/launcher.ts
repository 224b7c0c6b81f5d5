import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { Deferred } from './deferred.ts'
import { MydockerError } from './errors.ts'
import { initProgram, sendDescriptors, socketPair } from './native.ts'

/** The descriptors 0 to 5 of a supervisor (native/record.h). */
export type SupervisorDescriptors = readonly [
  stdin: number,
  stdout: number,
  stderr: number,
  channel: number,
  status: number,
  descriptors: number,
]

/** A small process that forks supervisors of containers for us (native/launcher.h). It dies with this process. */
export class Launcher {
  /** Stands where a container has no stream. */
  readonly nothing = openSync('/dev/null', 'r+')
  readonly #socket: number
  readonly #process: ChildProcess
  readonly #exit = new Deferred<void>()
  #closed = false

  constructor() {
    const [ours, theirs] = socketPair('seqpacket')
    this.#socket = ours
    this.#process = spawn(initProgram, ['launcher'], {
      detached: true, // a session of its own: the terminal's Ctrl-C is for us, not for what runs inside
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', theirs],
    })
    closeSync(theirs)
    this.#process.once('error', () => this.#exit.resolve()).once('exit', () => this.#exit.resolve())
    this.#process.unref()
  }

  /**
   * Starts a supervisor with copies of these descriptors.
   * @throws MydockerError stage `supervisor`: the launcher is gone
   */
  launch(descriptors: SupervisorDescriptors): void {
    try {
      sendDescriptors(this.#socket, LAUNCH, descriptors)
    } catch (error) {
      if (!(error instanceof MydockerError)) throw error
      throw new MydockerError({
        stage: 'supervisor',
        message: 'the process that starts containers is gone',
        path: initProgram,
        errno: error.errno,
      })
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    closeSync(this.#socket)
    closeSync(this.nothing)
    this.#process.ref()
    await this.#exit.promise
  }
}

const LAUNCH = new Uint8Array(1)

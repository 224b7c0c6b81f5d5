import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { Deferred } from './deferred.ts'
import { MydockerError, unstarted } from './errors.ts'
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

interface Process {
  readonly socket: number
  readonly child: ChildProcess
  readonly exited: Promise<void>
}

/**
 * A small process that forks supervisors of containers for us (native/launcher.h). It dies with this process, and its containers with
 * it; when it dies alone another one takes its place.
 */
export class Launcher {
  /** Stands where a container has no stream. */
  readonly nothing = openSync('/dev/null', 'r+')
  #process = spawnLauncher()
  #closed = false

  /**
   * Starts a supervisor with copies of these descriptors.
   * @param network its descriptor 6 (native/bridge.h), when its container is to be on a bridge
   * @throws MydockerError stage `supervisor`: no launcher can be reached
   */
  launch(ofContainer: SupervisorDescriptors, network?: number): void {
    const descriptors = network === undefined ? ofContainer : [...ofContainer, network]
    try {
      this.#send(descriptors)
    } catch (error) {
      if (this.#closed || !this.#isGone(error)) throw error
      closeSync(this.#process.socket)
      this.#process = spawnLauncher()
      this.#send(descriptors)
    }
  }

  #isGone(error: unknown): boolean {
    return this.#process.child.pid === undefined || (error instanceof MydockerError && error.errno === 'EPIPE')
  }

  #send(descriptors: readonly number[]): void {
    try {
      sendDescriptors(this.#process.socket, LAUNCH, descriptors)
    } catch (error) {
      throw this.#process.child.pid === undefined
        ? unstarted('supervisor', 'the process that starts containers')
        : unreachable(error)
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    const { socket, child, exited } = this.#process
    closeSync(socket)
    closeSync(this.nothing)
    child.ref()
    await exited
  }
}

const LAUNCH = new Uint8Array(1)

function spawnLauncher(): Process {
  const [socket, theirs] = socketPair('seqpacket')
  const child = spawn(initProgram, ['launcher'], {
    detached: true, // a session of its own: the terminal's Ctrl-C is for us, not for what runs inside
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', theirs],
  })
  closeSync(theirs)
  const exit = new Deferred<void>()
  child.once('error', () => exit.resolve()).once('exit', () => exit.resolve())
  child.unref()
  return { socket, child, exited: exit.promise }
}

function unreachable(error: unknown): unknown {
  if (!(error instanceof MydockerError)) return error
  return new MydockerError({
    stage: 'supervisor',
    message: 'the process that starts containers is gone',
    path: initProgram,
    errno: error.errno,
  })
}

import type { Readable, Writable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { closed } from '../runtime/streams.ts'

/** Enough to recognise the last words of a runtime that aborts. */
const TAIL_CHARACTERS = 4096
/** One turn lets the poll phase read what is in the pipe; the second is for a turn that was under way. */
const TURNS_TO_READ = 2

/** What one pod prints on one stream, on its way to a stream that all pods share. */
export class Output {
  /** Resolves when the source has ended and everything has been handed on. */
  readonly ended: Promise<void>
  readonly #destination: Writable
  #tail = ''
  #blocked: Promise<void> | undefined

  constructor(source: Readable | undefined, destination: Writable) {
    this.#destination = destination
    if (source === undefined) {
      this.ended = Promise.resolve()
      return
    }
    // Each pod may wait for the shared stream to drain; Node warns of more than ten such listeners (as in Vitest's pools).
    destination.setMaxListeners(destination.getMaxListeners() + 1)
    source.on('data', (chunk: Buffer) => this.#forward(chunk, source))
    source.once('error', () => source.destroy())
    this.ended = closed(source).then(() => {
      destination.setMaxListeners(destination.getMaxListeners() - 1)
    })
  }

  /** The last of what was printed. */
  get tail(): string {
    return this.#tail
  }

  /** Resolves when what the pod had written by now has been handed on. */
  async flushed(): Promise<void> {
    for (let turn = 0; turn < TURNS_TO_READ; turn++) {
      await nextTurn()
      while (this.#blocked !== undefined) await this.#blocked
    }
  }

  #forward(chunk: Buffer, source: Readable): void {
    this.#tail = (this.#tail + chunk.toString('latin1')).slice(-TAIL_CHARACTERS)
    // A live reporter replaces `write` of a terminal's stream, and then it returns nothing.
    if (this.#destination.write(chunk) !== false) return
    source.pause()
    this.#blocked = new Promise((resolve) => {
      this.#destination.once('drain', () => {
        this.#blocked = undefined
        source.resume()
        resolve()
      })
    })
  }
}

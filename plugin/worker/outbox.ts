import fs from 'node:fs'
import { messageOf } from '../../runtime/errors.ts'
import { encodeFrame, encodePlainFrame } from '../frame.ts'
import type { Carried, Purpose, WorkerNote } from '../messages.ts'
import type { Channel } from './channel.ts'

/** One chunk of a carried file: big enough to cost few frames, small beside any memory limit. */
const CHUNK_BYTES = 256 * 1024

// Taken at import: tests spy on node:fs.
const { openSync, readSync, closeSync } = fs

/**
 * Everything that leaves the pod, in the order in which it was posted. A file that has to survive goes before the message that
 * speaks of it; it is streamed, so that carrying a large one does not count against the pod's memory limit.
 */
export class Outbox {
  readonly #channel: Channel
  /** Settled when all queued sends are done; undefined while sends go straight out. */
  #tail: Promise<void> | undefined
  #nextId = 1
  readonly #waiting = new Map<number, { resolve: () => void; reject: (error: Error) => void }>()

  constructor(channel: Channel) {
    this.#channel = channel
  }

  /** @throws DataCloneError synchronously, as `process.send` of Vitest's own pools does */
  post(message: unknown): void {
    this.#send(encodeFrame(message))
  }

  /** As `post`, for a note of strings and numbers only. */
  postPlain(note: WorkerNote): void {
    this.#send(encodePlainFrame(note))
  }

  #send(frame: Uint8Array): void {
    if (this.#tail === undefined) this.#channel.write(frame)
    else this.#queue(async () => void this.#channel.write(frame))
  }

  /**
   * Queues a file.
   * @returns its id, to speak of it in later messages
   */
  carry(purpose: Purpose, path: string): number {
    const id = this.#nextId++
    this.#queue(() => this.#stream(id, purpose, path))
    return id
  }

  /** Resolves when the main process has written what `carry` sent; rejects with its reason for refusing. */
  async carried(id: number): Promise<void> {
    await new Promise<void>((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
  }

  /** Deletes on the host what was deleted here. Resolves and rejects as `carried`. */
  async remove(path: string): Promise<void> {
    const id = this.#nextId++
    const done = this.carried(id)
    this.#note({ mydocker: 'remove', id, path })
    await done
  }

  /** Takes main's answer to a `carry` or `remove`. */
  settle(answer: Carried): void {
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if (answer.error === undefined) waiting?.resolve()
    else waiting?.reject(new Error(answer.error))
  }

  /** Resolves when everything posted so far has left the process. */
  async flushed(): Promise<void> {
    while (this.#tail !== undefined) await this.#tail
    await this.#channel.drained()
  }

  #note(note: WorkerNote): void {
    this.post(note)
  }

  #queue(job: () => Promise<void>): void {
    const tail = (this.#tail ?? Promise.resolve()).then(job)
    this.#tail = tail
    void tail.then(() => {
      if (this.#tail === tail) this.#tail = undefined
    })
  }

  async #stream(id: number, purpose: Purpose, path: string): Promise<void> {
    const send = (note: WorkerNote): void => void this.#channel.write(encodeFrame(note))
    send({ mydocker: 'carry', id, purpose, path })
    try {
      for (const bytes of chunks(path)) {
        send({ mydocker: 'chunk', id, bytes })
        await this.#channel.drained()
      }
      send({ mydocker: 'carry-end', id })
    } catch (error) {
      send({ mydocker: 'carry-end', id, error: messageOf(error) })
    }
  }
}

function* chunks(path: string): Generator<Uint8Array> {
  const descriptor = openSync(path, 'r')
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
    for (;;) {
      const length = readSync(descriptor, buffer, 0, CHUNK_BYTES, null)
      if (length === 0) return
      yield buffer.subarray(0, length)
    }
  } finally {
    closeSync(descriptor)
  }
}

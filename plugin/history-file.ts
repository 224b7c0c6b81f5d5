import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import * as v from 'valibot'
import { messageOf } from '../runtime/errors.ts'
import type { EventSink } from '../runtime/event.ts'

const amounts = v.pipe(v.array(v.pipe(v.number(), v.finite(), v.minValue(0))), v.minLength(1))
const needs = v.object({ peaks: amounts, durations: amounts })
const schema = v.object({ version: v.literal(1), projects: v.record(v.string(), v.record(v.string(), needs)) })

/** What the last runs of a file needed: bytes at the peak, milliseconds. The last one comes last. */
export type Needs = v.InferOutput<typeof needs>
/** By project and file. */
export type Records = v.InferOutput<typeof schema>['projects']

/** Another run holds the lock for some milliseconds; after this long the update goes on without, which at worst loses that other one. */
const MOST_ATTEMPTS = 200
const RETRY_MS = 10

/**
 * A file that several runs may update at once. It is replaced as a whole, so that a reader never sees half of it; updates follow one
 * another by a lock that the kernel drops with its holder.
 */
export class HistoryFile {
  readonly #path: string
  readonly #onEvent: EventSink

  constructor(path: string, onEvent: EventSink) {
    this.#path = path
    this.#onEvent = onEvent
  }

  /** @returns nothing for a file that is not there; nor for one that is broken, of which an event tells */
  read(): Records {
    try {
      if (!existsSync(this.#path)) return {}
      return v.parse(schema, JSON.parse(readFileSync(this.#path, 'utf8'))).projects
    } catch (error) {
      this.#warn('HistoryIgnored', `what earlier runs needed cannot be read from ${this.#path}: ${messageOf(error)}`)
      return {}
    }
  }

  /** @returns what is in it then. Never rejects: an event tells when it could not be written */
  async update(change: (records: Records) => Records): Promise<Records> {
    const lock = await this.#lock()
    const records = change(this.read())
    try {
      this.#replace(records)
    } catch (error) {
      this.#warn('HistoryNotWritten', `what this run needed cannot be kept in ${this.#path}: ${messageOf(error)}`)
    } finally {
      lock?.close()
    }
    return records
  }

  #replace(projects: Records): void {
    const draft = `${this.#path}.${process.pid}`
    mkdirSync(dirname(this.#path), { recursive: true })
    try {
      writeFileSync(draft, `${JSON.stringify({ version: 1, projects })}\n`)
      renameSync(draft, this.#path)
    } catch (error) {
      rmSync(draft, { force: true })
      throw error
    }
  }

  /** A socket in the abstract namespace (unix(7)) has one owner and is gone with it: no lock is ever left behind. */
  async #lock(): Promise<Server | undefined> {
    const name = `\0mydocker-history-${createHash('sha256').update(this.#path).digest('hex')}`
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const server = await listening(name)
      if (server !== undefined) return server
      await setTimeout(RETRY_MS)
    }
    return undefined
  }

  #warn(reason: string, message: string): void {
    this.#onEvent({ type: 'Warning', reason, message })
  }
}

/** @returns undefined while somebody else listens there */
async function listening(name: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy()).unref()
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined))
    server.listen(name, () => resolve(server))
  })
}

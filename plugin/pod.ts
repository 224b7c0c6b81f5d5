import type { Duplex } from 'node:stream'
import type { Container } from '../runtime/container.ts'
import { messageOf } from '../runtime/errors.ts'
import type { ContainerStatus } from '../runtime/spec.ts'
import { closed, ignoreWriteErrors } from '../runtime/streams.ts'
import { CarriedFiles, type CarryPolicy } from './carry.ts'
import { encodeFrame, FrameDecoder } from './frame.ts'
import {
  type Bootstrap,
  carriedId,
  type FailedConnection,
  isNote,
  type OpenedPort,
  type WorkerNote,
} from './messages.ts'
import { parseNote } from './notes.ts'
import type { Output } from './output.ts'
import { at, isRpcRequest, isRpcResponse, isWorkerResponse, type RpcRequest, type WorkerResponse } from './vitest.ts'
import { within } from './within.ts'

/**
 * A command that has closed its channel is about to end, though a loaded kernel may need a while to take down a large process; one that
 * has not ended after this long never will by itself.
 */
const ENDS_AFTER_CHANNEL_MS = 5000
/** What a dead process wrote is in the kernel's buffers already: reading it takes no longer than this. */
const DRAIN_MS = 1000

/** Of ports and of connections. A worker tells fewer; test code could write to its channel by itself. */
const MOST_KEPT = 64

/** How a pod ended. */
export interface PodEnd {
  readonly status: ContainerStatus
  /** Why the pool had to end it, when its channel was of no use any more. */
  readonly channelFault: string | undefined
}

/** What a pod tells its owner. Nothing is told after `ended` has resolved. */
export interface PodListener {
  onRpc(message: RpcRequest | object): void
  onResponse(response: WorkerResponse): void
  onNote(note: WorkerNote): void
}

/** A container with a Vitest worker in it, seen as a stream of messages. */
export class Pod {
  readonly container: Container
  readonly stdout: Output
  readonly stderr: Output
  readonly failedConnections: FailedConnection[] = []
  /** As far as its worker has opened them itself. */
  readonly openedPorts: OpenedPort[] = []
  /** Resolves when every process has ended and all that it had sent and printed has been passed on. Never rejects. */
  readonly ended: Promise<PodEnd>
  readonly #channel: Duplex
  readonly #decoder = new FrameDecoder()
  readonly #listener: PodListener
  readonly #files: CarriedFiles
  readonly #snapshotFiles = new Set<string>()
  /** Ids of the questions for snapshot paths whose answers we trust. */
  readonly #snapshotQuestions = new Set<string>()
  /** Messages are handled in order; while a carried file is written the later ones wait. */
  #inbox: Promise<void> | undefined
  #channelFault: string | undefined
  #over = false

  constructor(
    container: Container,
    output: { stdout: Output; stderr: Output },
    policy: Omit<CarryPolicy, 'snapshotFiles'>,
    listener: PodListener,
  ) {
    if (container.channel === undefined) throw new Error('mydocker: the container of a pod has no channel')
    this.container = container
    this.stdout = output.stdout
    this.stderr = output.stderr
    this.#channel = container.channel
    this.#listener = listener
    this.#files = new CarriedFiles({ ...policy, snapshotFiles: this.#snapshotFiles })
    const channelClosed = closed(this.#channel)
    this.#channel.on('data', (chunk: Buffer) => this.#receive(chunk))
    ignoreWriteErrors(this.#channel)
    this.#channel.on('error', () => this.#channel.destroy())
    this.ended = this.#untilEnd(channelClosed)
  }

  /** @throws DataCloneError for what has no structured clone */
  send(message: unknown): void {
    if (isRpcResponse(message) && this.#snapshotQuestions.delete(message.i) && typeof message.r === 'string') {
      this.#snapshotFiles.add(message.r)
    }
    if (!this.#over && this.#channel.writable) this.#channel.write(encodeFrame(message))
  }

  bootstrap(message: Omit<Bootstrap, 'mydocker'>): void {
    this.send({ mydocker: 'bootstrap', ...message })
  }

  /** Resolves when everything that has arrived so far has been handled. */
  async settled(): Promise<void> {
    while (this.#inbox !== undefined) await this.#inbox
  }

  #receive(chunk: Buffer): void {
    try {
      for (const message of this.#decoder.push(chunk)) this.#accept(message)
    } catch (error) {
      this.fail(`sent what is no message (${messageOf(error)})`)
    }
  }

  #accept(message: unknown): void {
    if (this.#inbox === undefined && !isCarrying(message)) {
      this.#handle(message)
      return
    }
    const inbox = (this.#inbox ?? Promise.resolve()).then(async () => {
      if (isCarrying(message)) await this.#carry(message)
      else this.#handle(message)
    })
    this.#inbox = inbox
    void inbox.then(() => {
      if (this.#inbox === inbox) this.#inbox = undefined
    })
  }

  #handle(message: unknown): void {
    if (this.#over || this.#channelFault !== undefined || typeof message !== 'object' || message === null) return
    if (isNote(message)) this.#note(parseNote(message))
    else if (isWorkerResponse(message)) this.#listener.onResponse(message)
    else if (!isRpcRequest(message)) this.#listener.onRpc(message)
    else if (message.m !== 'onTaskArtifactRecord' || this.#placeAttachments(message)) {
      if (message.m === 'resolveSnapshotPath' && message.i !== undefined) this.#snapshotQuestions.add(message.i)
      this.#listener.onRpc(message)
    }
  }

  #note(note: WorkerNote | undefined): void {
    if (note === undefined) return
    if (note.mydocker === 'connect-failed') keep(this.failedConnections, note)
    else if (note.mydocker === 'port-opened') keep(this.openedPorts, note)
    this.#listener.onNote(note)
  }

  async #carry(message: unknown): Promise<void> {
    const note = parseNote(message)
    const answer = note === undefined ? undefined : await this.#files.take(note)
    if (answer !== undefined) this.send(answer)
  }

  /**
   * Puts the paths at which main finds carried attachments into a message. Any other path would make main read a file of the
   * host that the test names, so there is none.
   * @returns false when the test gave a file that could not be carried out; the worker has got the error then
   */
  #placeAttachments(message: RpcRequest): boolean {
    const artifact = message.a[1]
    const attachments = at(artifact, 'attachments')
    const all = [at(artifact, 'annotation', 'attachment'), ...(Array.isArray(attachments) ? attachments : [])]
    for (const attachment of all) {
      const path = at(attachment, 'path')
      if (typeof path !== 'string' || typeof attachment !== 'object' || attachment === null) continue
      if (/^https?:\/\//.test(path)) continue
      const id = carriedId(path)
      const place = id === undefined ? undefined : this.#files.attachment(id)
      if (place === undefined) {
        const problem =
          (id === undefined ? undefined : this.#files.problem(id)) ?? 'it was not carried out of the container'
        const e = new Error(`attachment: ${problem}`)
        // Where in the pool it was made is of no use to the reader.
        e.stack = `Error: ${e.message}`
        if (message.i !== undefined) this.send({ t: 's', i: message.i, e })
        return false
      }
      Reflect.set(attachment, 'path', place)
    }
    return true
  }

  /** Ends it, because what it says is of no use. @param fault what its process did, in the past tense */
  fail(fault: string): void {
    this.#channelFault ??= fault
    this.#channel.destroy()
    this.container.kill()
  }

  async #untilEnd(channelClosed: Promise<void>): Promise<PodEnd> {
    const channelEnd = new Promise<void>((resolve) => this.#channel.once('end', resolve))
    const channelOver = Promise.race([channelClosed, channelEnd])
    const early = channelOver.then(() => within(ENDS_AFTER_CHANNEL_MS, this.container.ended))
    void early.then((ended) => {
      if (!ended) this.fail('closed its channel to Vitest (descriptor 3)')
    })
    const status = await this.container.ended
    await within(DRAIN_MS, Promise.all([channelOver, this.stdout.ended, this.stderr.ended]))
    await this.settled()
    this.#over = true
    this.#channel.destroy()
    await this.#files.close()
    return { status, channelFault: this.#channelFault }
  }
}

function keep<T>(list: T[], each: T): void {
  if (list.length < MOST_KEPT) list.push(each)
}

const CARRYING = new Set<unknown>(['carry', 'chunk', 'carry-end', 'remove'])

function isCarrying(message: unknown): boolean {
  return isNote(message) && CARRYING.has(message.mydocker)
}

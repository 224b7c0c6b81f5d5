import v8 from 'node:v8'

/**
 * One message on a pod's channel: four bytes of length (big-endian), then the value in V8's structured-clone format, which
 * carries what Vitest sends and JSON cannot: RegExp, undefined, Error, circular tasks. Node's own IPC with
 * `serialization: 'advanced'` frames the same way (lib/internal/child_process/serialization.js). Small plain messages may be JSON
 * instead, which takes a tenth of the time to write; a structured clone begins with 0xff, JSON with `{`.
 */

const LENGTH_BYTES = 4
/**
 * A longer frame is a broken or hostile peer: the largest real ones, coverage of a big file on Vitest 4, are tens of MiB. A value may take
 * eight times as much as its frame, which the main process has to survive.
 */
const MAX_FRAME_BYTES = 128 * 2 ** 20

const JSON_START = '{'.charCodeAt(0)

// Taken at import: tests may replace what `node:v8` exports, in the process that this module runs in.
const { serialize, deserialize } = v8
const { stringify, parse } = JSON

/** @throws DataCloneError (`… could not be cloned`) for functions and other values without a structured clone. */
export function encodeFrame(message: unknown): Buffer {
  return framed(serialize(message))
}

/** For an object of strings, numbers and booleans, of which there are many (two for each test). */
export function encodePlainFrame(message: object): Buffer {
  return framed(Buffer.from(stringify(message)))
}

function framed(body: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + body.length)
  frame.writeUInt32BE(body.length, 0)
  body.copy(frame, LENGTH_BYTES)
  return frame
}

/** The peer sends what is no frame. The stream is of no use after that. */
export class FrameError extends RangeError {
  override readonly name = 'FrameError'
}

function decoded(body: Buffer): unknown {
  try {
    return body[0] === JSON_START ? parse(body.toString()) : deserialize(body)
  } catch (cause) {
    throw new FrameError(`a frame of ${body.length} bytes has no value in it`, { cause })
  }
}

/** Cuts a byte stream back into messages. */
export class FrameDecoder {
  #chunks: Uint8Array[] = []
  #size = 0;

  /**
   * @yields the messages that this chunk completed, in order
   * @throws FrameError when a frame announces an impossible length or has no value in it; nothing else, whatever the bytes are
   */
  *push(chunk: Uint8Array): Generator<unknown> {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    for (;;) {
      if (this.#size < LENGTH_BYTES) return
      const length = this.#peek(LENGTH_BYTES).readUInt32BE(0)
      if (length > MAX_FRAME_BYTES) throw new FrameError(`a frame of ${length} bytes is longer than ${MAX_FRAME_BYTES}`)
      if (this.#size < LENGTH_BYTES + length) return
      this.#take(LENGTH_BYTES)
      yield decoded(this.#take(length))
    }
  }

  /** The first `length` bytes, left in place. Joins as few chunks as it must. */
  #peek(length: number): Buffer {
    let joined = 0
    let count = 0
    while (joined < length) joined += this.#chunks[count++]?.length ?? length
    const [first] = this.#chunks
    if (count === 1 && first !== undefined) return Buffer.from(first.buffer, first.byteOffset, first.byteLength)
    const head = Buffer.concat(this.#chunks.slice(0, count))
    this.#chunks.splice(0, count, head)
    return head
  }

  #take(length: number): Buffer {
    if (length === 0) return Buffer.alloc(0)
    const head = this.#peek(length)
    const rest = head.subarray(length)
    if (rest.length > 0) this.#chunks[0] = rest
    else this.#chunks.shift()
    this.#size -= length
    return head.subarray(0, length)
  }
}

/**
 * The wire format between the engine and `mydocker-init` (native/plan.h): a message is u32 length and then steps, a step is
 * u32 count and that many NUL-terminated strings, the first of which names it. Little-endian. Plans go in, records come out.
 */
export type Step = readonly [name: string, ...args: string[]]

/** @throws TypeError when a string contains a NUL byte, which no argument, path or environment variable can. */
export function encodePlan(steps: readonly Step[]): Buffer {
  const chunks: Buffer[] = [Buffer.alloc(4)]
  for (const step of steps) {
    const count = Buffer.alloc(4)
    count.writeUInt32LE(step.length)
    for (const text of step)
      if (text.includes('\0')) throw new TypeError(`a NUL byte in ${JSON.stringify(text)} of step ${step[0]}`)
    chunks.push(count, Buffer.from(`${step.join('\0')}\0`))
  }
  const message = Buffer.concat(chunks)
  message.writeUInt32LE(message.length - 4)
  return message
}

/** A longer record is none: those of C are cut at 4 KiB, and an error of a module that a zygote could not load is text. */
const MAX_RECORD_BYTES = 2 ** 20

/** Cuts a stream of bytes into records. */
export class RecordReader {
  #pending: Buffer = Buffer.alloc(0);

  /**
   * @yields the records that `chunk` completes
   * @throws RangeError when a record announces an impossible length, and nothing else, whatever the bytes are; the stream is of no
   * use after that
   */
  *push(chunk: Buffer): Generator<Step> {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    while (this.#pending.length >= 4) {
      const length = this.#pending.readUInt32LE(0)
      if (length > MAX_RECORD_BYTES)
        throw new RangeError(`a record of ${length} bytes is longer than ${MAX_RECORD_BYTES}`)
      const end = 4 + length
      if (this.#pending.length < end) break
      const record = this.#pending.subarray(4, end)
      this.#pending = this.#pending.subarray(end)
      yield decodeRecord(record)
    }
  }
}

function decodeRecord(body: Buffer): Step {
  const [name = '', ...args] = body.toString('utf8', 4, body.length - 1).split('\0')
  return [name, ...args]
}

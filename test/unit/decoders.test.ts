import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeFrame, encodePlainFrame, FrameDecoder, FrameError } from '../../plugin/frame.ts'
import { encodePlan, RecordReader } from '../../runtime/plan.ts'

// Both take bytes that come out of a container: any bytes, cut anywhere.

interface Decoder {
  push(chunk: Buffer): Iterable<unknown>
}

interface Outcome {
  readonly messages: unknown[]
  readonly error?: unknown
}

/** What comes of the chunks: all messages, or those before the error. */
function outcome(decoder: Decoder, chunks: readonly Buffer[]): Outcome {
  const messages: unknown[] = []
  try {
    for (const chunk of chunks) for (const message of decoder.push(chunk)) messages.push(message)
    return { messages }
  } catch (error) {
    return { messages, error }
  }
}

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array))

/** A message that decodes, with a few of its bytes changed, or none. */
function damaged(message: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  const changes = fc.array(fc.tuple(fc.nat(100), fc.nat(255)), { maxLength: 3 })
  return fc.tuple(message, changes).map(([whole, all]) => {
    for (const [at, value] of all) if (at < whole.length) whole[at] = value
    return whole
  })
}

/** Where a stream is cut. */
const cuts = fc.array(fc.nat(200), { maxLength: 8 })

function cut(stream: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [0, ...places.map((place) => Math.min(place, stream.length)).sort((a, b) => a - b), stream.length]
  return sorted.slice(1).map((end, i) => stream.subarray(sorted[i], end))
}

/** Whatever the bytes are: the only error is the one that is documented, and where they are cut makes no difference. */
function decodesAnything(
  make: () => Decoder,
  message: fc.Arbitrary<Buffer>,
  isDocumented: (error: unknown) => boolean,
): { fine: number; refused: number } {
  const seen = { fine: 0, refused: 0 }
  const stream = fc.array(fc.oneof(message, damaged(message), bytes), { maxLength: 5 })
  fc.assert(
    fc.property(stream, cuts, (parts, places) => {
      const all = Buffer.concat(parts)
      const whole = outcome(make(), [all])
      const inPieces = outcome(make(), cut(all, places))
      expect(inPieces).toEqual(whole)
      expect(whole.messages.length).toBeLessThanOrEqual(all.length / 4)
      if (whole.error === undefined) seen.fine++
      else {
        seen.refused++
        expect(isDocumented(whole.error), String(whole.error)).toBe(true)
      }
    }),
    { numRuns: 3000 },
  )
  return seen
}

test('frames: no bytes do more than be refused', () => {
  const frame = fc.oneof(
    fc
      .anything({ withDate: true, withMap: true, withSet: true, withTypedArray: true, withBigInt: true })
      .map(encodeFrame),
    fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.double(), fc.boolean())).map(encodePlainFrame),
  )
  const { fine, refused } = decodesAnything(
    () => new FrameDecoder(),
    frame,
    (error) => error instanceof FrameError,
  )
  expect(Math.min(fine, refused)).toBeGreaterThan(100)
})

test('records: no bytes do more than be refused', () => {
  const text = fc.string().map((string) => string.replaceAll('\0', ''))
  const record = fc.tuple(text, text, text).map((step) => encodePlan([step]))
  const { fine, refused } = decodesAnything(
    () => new RecordReader(),
    record,
    (error) => error instanceof RangeError,
  )
  expect(Math.min(fine, refused)).toBeGreaterThan(100)
})

test.each([
  ['frame', new FrameDecoder(), Buffer.from('20000001', 'hex')],
  ['record', new RecordReader(), Buffer.from('01001000', 'hex')],
])('a %s that is too long is refused before any of it has come', (_, decoder: Decoder, length) => {
  expect(() => [...decoder.push(length)]).toThrow(RangeError)
})

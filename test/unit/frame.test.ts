import { describe, expect, it } from 'vitest'
import { encodeFrame, encodePlainFrame, FrameDecoder } from '../../plugin/frame.ts'

describe('frames', () => {
  it('carry what Vitest sends and JSON cannot: RegExp, undefined, errors, circles, bytes', () => {
    const task: Record<string, unknown> = { pattern: /a b/gi, nothing: undefined, bytes: new Uint8Array([1, 2]) }
    task.file = task
    const [got] = new FrameDecoder().push(encodeFrame({ task, error: new TypeError('no') }))
    expect(got).toEqual({ task, error: new TypeError('no') })
  })

  it('are found again however the stream is cut', () => {
    const messages = ['', 'x'.repeat(300), { a: [1, 2, 3] }, undefined]
    const stream = Buffer.concat(messages.map(encodeFrame))
    for (const size of [1, 2, 3, 5, 7, 64, stream.length]) {
      const decoder = new FrameDecoder()
      const got: unknown[] = []
      for (let at = 0; at < stream.length; at += size) got.push(...decoder.push(stream.subarray(at, at + size)))
      expect(got).toEqual(messages)
    }
  })

  it('may be JSON, among others', () => {
    const stream = Buffer.concat([encodePlainFrame({ a: 'ü', b: 1 }), encodeFrame({ c: undefined })])
    expect([...new FrameDecoder().push(stream)]).toEqual([{ a: 'ü', b: 1 }, { c: undefined }])
  })

  it('refuse what has no structured clone at once, as process.send does', () => {
    expect(() => encodeFrame({ callback: () => 1 })).toThrow(/could not be cloned/)
  })

  it('do not wait for a length that no message has', () => {
    expect(() => [...new FrameDecoder().push(Buffer.from([0xff, 0xff, 0xff, 0xff, 0]))]).toThrow(RangeError)
  })
})

import { once } from 'node:events'
import { PassThrough, Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { Output } from '../../plugin/output.ts'

describe('what a pod prints', () => {
  it('is handed on in order, before flushed and ended resolve', async () => {
    const [source, terminal] = [new PassThrough(), new Terminal()]
    const output = new Output(source, terminal)
    source.write('one ')
    source.write('two')
    await output.flushed()
    expect(terminal.text).toBe('one two')
    source.end(' three')
    await output.ended
    expect(terminal.text).toBe('one two three')
  })

  it('waits while the reader of Vitest is slow, and loses nothing', async () => {
    const [source, slow] = [new PassThrough(), new Terminal(1)]
    const output = new Output(source, slow)
    source.write('a'.repeat(100))
    source.write('b'.repeat(100))
    source.end()
    await output.flushed()
    await output.ended
    expect(slow.text).toBe('a'.repeat(100) + 'b'.repeat(100))
  })

  it('is no less when a live reporter has replaced the write of its stream with one that returns nothing', async () => {
    const [source, terminal] = [new PassThrough(), new Terminal()]
    const output = new Output(source, terminal)
    const write = (chunk: Buffer): void => {
      terminal.text += chunk.toString()
    }
    Object.defineProperty(terminal, 'write', { value: write })
    source.write('one ')
    await output.flushed()
    source.end('two')
    await output.ended
    expect(terminal.text).toBe('one two')
  })

  it('does not end the stream that all pods share', async () => {
    const [source, terminal] = [new PassThrough(), new Terminal()]
    const output = new Output(source, terminal)
    source.end()
    await output.ended
    expect(terminal.writable).toBe(true)
  })

  it('has ended when its source was closed before', async () => {
    const source = new PassThrough()
    source.destroy()
    await once(source, 'close')
    await new Output(source, new Terminal()).ended
  })

  it('keeps its last words', async () => {
    const source = new PassThrough()
    const output = new Output(source, new Terminal())
    source.write(`${'x'.repeat(10_000)}heap out of memory`)
    await output.flushed()
    expect(output.tail).toMatch(/heap out of memory$/)
    expect(output.tail.length).toBeLessThan(10_000)
  })
})

class Terminal extends Writable {
  text = ''

  constructor(highWaterMark = 16384) {
    super({ highWaterMark })
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    setImmediate(done)
  }
}

import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'

// Waits for the end of the stream, not for its first chunk.
test('collects the whole stream', async () => {
  const source = Readable.from(
    (async function* () {
      for (let i = 0; i < 5; i++) {
        await new Promise((resolve) => setTimeout(resolve, i))
        yield `${i}`
      }
    })(),
  )
  expect(await text(source)).toBe('01234')
})

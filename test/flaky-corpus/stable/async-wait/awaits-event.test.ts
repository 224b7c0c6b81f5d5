import { EventEmitter, once } from 'node:events'
import { expect, test } from 'vitest'

// Resolves with the event itself, however late it comes.
test('waits for the event', async () => {
  const emitter = new EventEmitter()
  setTimeout(() => emitter.emit('loaded', 42), 30)
  const [value] = await once(emitter, 'loaded')
  expect(value).toBe(42)
})

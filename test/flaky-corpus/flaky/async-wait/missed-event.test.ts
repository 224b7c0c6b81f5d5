import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'

// Subscribes after some other work: the event may have been before.
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('hears that it is ready', async () => {
  const service = new EventEmitter()
  let heard = false
  setTimeout(() => service.emit('ready'), Math.random() * 30)
  await sleep(12)
  service.on('ready', () => (heard = true))
  await sleep(40)
  expect(heard).toBe(true)
})

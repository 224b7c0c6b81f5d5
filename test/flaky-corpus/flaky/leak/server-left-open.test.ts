import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'

// A server is left open on the port.
const PORT = 4711
const listen = async () => {
  const server = createServer().listen(PORT, '127.0.0.1')
  await once(server, 'listening')
  return server
}

test('listens on its port', async () => {
  const server = await listen()
  await new Promise((resolve) => server.close(resolve))
})

test('serves in the background', async () => {
  const server = await listen()
  server.unref()
  expect(server.listening).toBe(true)
})

import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { expect, test } from 'vitest'

// The server is closed, and the close awaited, before the test ends.
const PORT = 4177
async function serve(): Promise<Server> {
  const server = createServer((socket) => socket.end('hi')).listen(PORT, '127.0.0.1')
  await once(server, 'listening')
  return server
}
const close = (server: Server) => new Promise((resolve) => server.close(resolve))

test('answers once', async () => {
  const server = await serve()
  expect(server.listening).toBe(true)
  await close(server)
})

test('can listen on the same port again', async () => {
  const server = await serve()
  expect(server.listening).toBe(true)
  await close(server)
})

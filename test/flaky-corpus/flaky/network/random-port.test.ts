import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'

// Ports are drawn from a small range, and may be the same.
const randomPort = () => 4300 + Math.floor(Math.random() * 4)
const serve = async () => {
  const server = createServer().listen(randomPort(), '127.0.0.1')
  await once(server, 'listening')
  return server
}

test('runs two servers side by side', async () => {
  const servers = [await serve()]
  try {
    servers.push(await serve())
    expect(servers).toHaveLength(2)
  } finally {
    for (const server of servers) server.close()
  }
})

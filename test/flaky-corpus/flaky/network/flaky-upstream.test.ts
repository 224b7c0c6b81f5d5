import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { expect, test } from 'vitest'

// Some connections are reset, and nothing tries again.
test('gets the price from upstream', async () => {
  const server = createServer((socket) => {
    if (Math.random() < 0.25) socket.resetAndDestroy()
    else socket.end('42')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  let price = ''
  try {
    for await (const chunk of connect(port, '127.0.0.1')) price += chunk
  } finally {
    server.close()
  }
  expect(price).toBe('42')
})

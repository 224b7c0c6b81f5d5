import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'

// The server is sometimes slower than the client waits.
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('is answered before its time-out', async () => {
  const server = createServer(async (_request, response) => {
    await sleep(Math.random() * 400)
    response.end('ok')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  try {
    const response = await fetch(`http://127.0.0.1:${port}`, { signal: AbortSignal.timeout(300) })
    expect(await response.text()).toBe('ok')
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

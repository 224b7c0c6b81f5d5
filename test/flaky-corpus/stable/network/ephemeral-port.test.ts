import { once } from 'node:events'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'

// Port 0: the kernel chooses.
test('answers on whatever port is free', async () => {
  const server = createServer((_request, response) => response.end('pong')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const body = await new Promise<string>((resolve, reject) => {
    get({ port, host: '127.0.0.1' }, async (response) => resolve(await text(response))).on('error', reject)
  })
  server.close()
  expect(body).toBe('pong')
})

import { createServer, type Server } from 'node:net'
import { expect, test } from 'vitest'

// Tries the next one when a port is taken.
async function listen(server: Server, ports: readonly number[]): Promise<number> {
  for (const port of ports) {
    const error = await new Promise((resolve) => {
      server.once('error', resolve)
      server.listen(port, '127.0.0.1', () => resolve(undefined))
    })
    server.removeAllListeners('error')
    if (error === undefined) return port
  }
  throw new Error('no free port')
}

test('finds a free port among few', async () => {
  const ports = [4201, 4202, 4203]
  const [first, second] = [createServer(), createServer()]
  const taken = await listen(first, ports)
  const other = await listen(second, ports)
  expect(other).not.toBe(taken)
  first.close()
  second.close()
})

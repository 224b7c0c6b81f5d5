import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { expect, test } from 'vitest'

// Takes the first chunk for the message.
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('reads the whole message', async () => {
  const server = createServer(async (socket) => {
    socket.setNoDelay(true)
    socket.write('hello ')
    if (Math.random() < 0.5) await sleep(8)
    socket.end('world')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  await sleep(5)
  const [chunk] = await once(socket, 'data')
  socket.destroy()
  server.close()
  expect(String(chunk)).toBe('hello world')
})

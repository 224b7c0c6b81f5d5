import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { test } from 'vitest'

// Connects after a while without waiting for the server to listen.
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('connects to the server', async () => {
  const server = createServer((socket) => socket.end('hi'))
  setTimeout(() => server.listen(4321, '127.0.0.1'), Math.random() * 30)
  await sleep(15)
  const socket = connect(4321, '127.0.0.1')
  try {
    await once(socket, 'connect')
  } finally {
    socket.destroy()
    await sleep(20)
    server.close()
  }
})

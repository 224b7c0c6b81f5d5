import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { expect, test } from 'vitest'

// Reads by length prefix, however the stream is cut.
test('puts a split message together', async () => {
  const server = createServer((socket) => {
    const message = Buffer.from('hello world')
    const head = Buffer.alloc(4)
    head.writeUInt32BE(message.length)
    socket.write(head)
    socket.write(message.subarray(0, 5))
    setTimeout(() => socket.end(message.subarray(5)), 10)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const chunks: Buffer[] = []
  for await (const chunk of connect(port, '127.0.0.1')) chunks.push(chunk)
  server.close()
  const all = Buffer.concat(chunks)
  expect(all.subarray(4, 4 + all.readUInt32BE(0)).toString()).toBe('hello world')
})

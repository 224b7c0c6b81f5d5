import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { expect, test } from 'vitest'

// Answers are matched by id, not by arrival.
test('serves each client its own answer', async () => {
  const server = createServer((socket) => socket.on('data', (id) => socket.end(`answer ${id}`))).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const ask = async (id: number): Promise<string> => {
    const socket = connect(port, '127.0.0.1')
    socket.write(String(id))
    let answer = ''
    for await (const chunk of socket) answer += chunk
    return answer
  }
  const answers = await Promise.all([1, 2, 3, 4].map(ask))
  server.close()
  expect(answers).toEqual(['answer 1', 'answer 2', 'answer 3', 'answer 4'])
})

import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { expect, test } from 'vitest'

// Each answer takes another time.
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('gets the answers in the order of its questions', async () => {
  const server = createServer((socket) =>
    socket.on('data', async (question) => {
      await sleep(Math.random() * 12)
      socket.end(`answer to ${question}`)
    }),
  ).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const answers: string[] = []
  const ask = async (question: string) => {
    const socket = connect(port, '127.0.0.1')
    socket.write(question)
    for await (const chunk of socket) answers.push(String(chunk))
  }
  await Promise.all([ask('1'), ask('2')])
  server.close()
  expect(answers).toEqual(['answer to 1', 'answer to 2'])
})

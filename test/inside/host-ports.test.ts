import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import process from 'node:process'
import { expect, onTestFinished, test } from 'vitest'
import { hostListeners, listenersOfProcessTree } from '../../runtime/ports.ts'
import { openForTest, run } from '../support/container.ts'

async function listen(host: string): Promise<{ server: Server; port: number }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('data', (chunk) => socket.write(String(chunk).toUpperCase()))
    socket.on('end', () => socket.end('bye'))
  }).listen(0, host)
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
  })
  return { server, port: (server.address() as AddressInfo).port }
}

const CLIENT = (port: number, host: string): readonly [string, ...string[]] => [
  process.execPath,
  '-e',
  `const socket = require('net').connect(${port}, '${host}', () => socket.end('hello'))
   socket.on('data', (chunk) => process.stdout.write(chunk)).on('error', (error) => console.log(error.code))`,
]

test('a port that the process listens on is found by its socket', async () => {
  const { port } = await listen('127.0.0.1')
  expect(listenersOfProcessTree(process.pid)).toContainEqual({ port, families: ['IPv4'] })
  expect(hostListeners()).toContainEqual({ port, families: ['IPv4'] })
})

test.each(['none', 'bridge'] as const)(
  'a host port is reached on the container’s own loopback, no other one is, with network %s',
  async (network) => {
    const { engine } = await openForTest()
    const [open, closed] = [await listen('127.0.0.1'), await listen('127.0.0.1')]
    const hostPorts = [{ port: open.port, families: ['IPv4'] as const }]
    expect((await run(engine, CLIENT(open.port, '127.0.0.1'), { hostPorts, network })).output).toBe('HELLObye')
    expect((await run(engine, CLIENT(closed.port, '127.0.0.1'), { hostPorts, network })).output).toBe('ECONNREFUSED\n')
  },
)

test('a server that went away resets the connection instead of leaving it open', async () => {
  const { engine } = await openForTest()
  const { server, port } = await listen('127.0.0.1')
  server.close()
  await once(server, 'close')
  const hostPorts = [{ port, families: ['IPv4'] as const }]
  expect((await run(engine, CLIENT(port, '127.0.0.1'), { hostPorts })).output).toBe('ECONNRESET\n')
})

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { get } from 'node:https'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { FrameDecoder } from '../../plugin/frame.ts'
import type { Channel } from '../../plugin/worker/channel.ts'
import { Outbox } from '../../plugin/worker/outbox.ts'
import { SocketWatch } from '../../plugin/worker/sockets.ts'

const watch = new SocketWatch()
const told: unknown[] = []
const decoder = new FrameDecoder()
const channel: Channel = {
  onMessage() {},
  write(frame) {
    told.push(...decoder.push(frame))
    return true
  },
  drained: async () => {},
  ended: new Promise(() => {}),
}
let stop = watch.tell(new Outbox(channel))

afterEach(() => {
  stop()
  told.length = 0
  stop = watch.tell(new Outbox(channel))
})

/** A port on which nobody listens any more. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  told.length = 0
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return address.port
}

describe('the sockets of a test process', () => {
  it('are told when they listen: TCP and UDP by their ports, paths not at all', async () => {
    const tcp = createServer().listen(0)
    await once(tcp, 'listening')
    const udp = createSocket('udp4').bind(0)
    await once(udp, 'listening')
    const path = createServer().listen(join(tmpdir(), `mydocker-${process.pid}.sock`))
    await once(path, 'listening')
    const { port } = Object(tcp.address())
    expect(told).toEqual([
      { mydocker: 'port-opened', protocol: 'tcp', port },
      { mydocker: 'port-opened', protocol: 'udp', port: udp.address().port },
    ])
    for (const server of [tcp, path]) server.close()
    udp.close()
  })

  it('are told when they could not connect, once for each destination, also below HTTP and TLS', async () => {
    const port = await closedPort()
    for (const _ of [1, 2]) await once(connect(port, '127.0.0.1'), 'error').catch(() => {})
    expect(told).toEqual([
      { mydocker: 'connect-failed', code: 'ECONNREFUSED', syscall: 'connect', address: '127.0.0.1', port },
    ])
    const other = await closedPort()
    await fetch(`https://127.0.0.1:${other}/`).catch(() => {})
    await vi.waitFor(() => expect(told).toEqual([expect.objectContaining({ mydocker: 'connect-failed', port: other })]))
    const third = await closedPort()
    await new Promise((resolve) => get(`https://127.0.0.1:${third}/`).on('error', resolve))
    await vi.waitFor(() => expect(told).toEqual([expect.objectContaining({ mydocker: 'connect-failed', port: third })]))
  })

  it('are nobody’s business when no pod is attached, and few are enough', async () => {
    stop()
    await once(connect(await closedPort(), '127.0.0.1'), 'error').catch(() => {})
    expect(told).toEqual([])
    stop = watch.tell(new Outbox(channel))
    const servers = Array.from({ length: 40 }, () => createServer().listen(0, '127.0.0.1'))
    await Promise.all(servers.map((server) => server.listening || once(server, 'listening')))
    expect(told).toHaveLength(32)
    for (const server of servers) server.close()
  })
})

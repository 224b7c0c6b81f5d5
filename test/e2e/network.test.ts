import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { config } from '../support/config.ts'
import { onPlatforms } from '../support/platforms.ts'
import { makeProject } from '../support/project.ts'
import { vitestRun } from '../support/vitest-run.ts'

/** A service of the host's: the tests' own process is not below the Vitest that is tested. */
let server: Server
let port: number

beforeAll(async () => {
  server = createServer((socket) => socket.end('from the host'))
  port = await listen(server)
})
afterAll(() => server.close())

/** Lets nobody go before as many have come as are expected. */
let barrier: Server
let barrierPort: number

beforeAll(async () => {
  const waiting: Socket[] = []
  barrier = createServer((socket) => {
    waiting.push(socket)
    if (waiting.length < 3) return
    for (const each of waiting.splice(0)) each.end('go')
  })
  barrierPort = await listen(barrier)
})
afterAll(() => barrier.close())

async function listen(listener: Server): Promise<number> {
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const address = listener.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return address.port
}

/** Everyone has port 3000 at the same time. */
const listens = `
  import { createServer } from 'node:net'
  import { expect, test } from 'vitest'
  import { read } from './connects'
  test('listens on port 3000', async () => {
    const server = createServer((socket) => socket.end('mine'))
    await new Promise((resolve, reject) => { server.once('error', reject); server.listen(3000, resolve) })
    expect(await read(Number(process.env.BARRIER), 'localhost')).toBe('go')
    expect(await read(3000, 'localhost')).toBe('mine')
  })`

const connects = `
  import { connect } from 'node:net'
  export const read = (port, host) => new Promise((resolve, reject) => {
    connect(port, host).on('error', reject).on('data', (data) => resolve(String(data)))
  })`

const reads = (host: string, port: string) => `
  import { expect, test } from 'vitest'
  import { read } from './connects'
  test('reads', async () => { expect(await read(${port}, '${host}')).toBe('from the host') })`

describe.each(onPlatforms)('%s: the network', (_name, platform) => {
  test('is a loopback for each file; a failing connect tells which option would help, and that option does', async () => {
    const project = await makeProject(platform, {
      ...config({
        options: `{ overrides: [
          { include: ['host-ports.test.ts'], network: { hostPorts: [Number(process.env.PORT)] } },
          { include: ['{one,two,three}.test.ts'], network: { hostPorts: [Number(process.env.BARRIER)] } },
          { include: ['host-network.test.ts'], network: 'host' },
          { include: ['bridge-outside.test.ts'], network: 'bridge' },
          { include: ['bridge-host-ports.test.ts'], network: { mode: 'bridge', hostPorts: [Number(process.env.PORT)] } },
        ] }`,
        test: `maxWorkers: 3`,
      }),
      'connects.ts': connects,
      ...Object.fromEntries(['one', 'two', 'three'].map((name) => [`${name}.test.ts`, listens])),
      'outside.test.ts': reads('192.0.2.1', '80'),
      'fetch.test.ts': `
        import { test } from 'vitest'
        test('fetches', async () => { await fetch('http://host.invalid/') })`,
      'host-service.test.ts': reads('127.0.0.1', 'Number(process.env.PORT)'),
      'nothing-there.test.ts': reads('127.0.0.1', '1'),
      'host-ports.test.ts': reads('127.0.0.1', 'Number(process.env.PORT)'),
      'bridge-outside.test.ts': reads('192.0.2.1', '80'),
      'bridge-host-ports.test.ts': reads('127.0.0.1', 'Number(process.env.PORT)'),
      'host-network.test.ts': reads('127.0.0.1', 'Number(process.env.PORT)'),
    })
    const run = await vitestRun(project, [], { env: { PORT: String(port), BARRIER: String(barrierPort) } })
    for (const name of ['one', 'two', 'three']) {
      expect(run.report.test(`/${name}.test.ts`, 'listens on port 3000').status, run.output).toBe('passed')
    }
    const failure = (file: string, title = 'reads') => run.report.failure(`/${file}`, title)
    expect(failure('outside.test.ts')).toMatch(/ENETUNREACH[\s\S]*network: 'host'/)
    expect(failure('fetch.test.ts', 'fetches')).toMatch(/network: 'host'/)
    expect(failure('host-service.test.ts')).toMatch(new RegExp(`ECONNREFUSED[\\s\\S]*hostPorts: \\[${port}\\]`))
    expect(failure('nothing-there.test.ts')).toMatch(/ECONNREFUSED/)
    expect(failure('nothing-there.test.ts')).not.toContain('mydocker')
    expect(run.report.test('/host-ports.test.ts', 'reads').status, run.output).toBe('passed')
    expect(failure('bridge-outside.test.ts')).toMatch(/ENETUNREACH[\s\S]*network\.egress=true/)
    expect(run.report.test('/bridge-host-ports.test.ts', 'reads').status, run.output).toBe('passed')
    expect(run.report.test('/host-network.test.ts', 'reads').status, run.output).toBe('passed')
  })
})

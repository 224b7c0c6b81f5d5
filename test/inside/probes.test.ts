import { expect, test } from 'vitest'
import { probeUntilReady } from '../../plugin/probe.ts'
import type { Probe } from '../../plugin/service-spec.ts'
import type { Container } from '../../runtime/container.ts'
import type { Engine } from '../../runtime/engine.ts'
import { firstLine, openForTest, specOf } from '../support/container.ts'

/** A container in which a script of Node's runs that prints a line when it listens. */
async function serving(engine: Engine, script: string): Promise<Container> {
  const container = await engine.create(specOf([process.execPath, '-e', script], { share: true }))
  await firstLine(container)
  return container
}

/** @returns what the probe said last, within 300 ms where it never succeeds */
function ask(container: Container, action: Probe['action'], more: Partial<Probe> = {}): Promise<string | undefined> {
  const probe = { action, initialDelay: 0, period: 20, timeout: 5000, successThreshold: 1, bound: 300, ...more }
  return probeUntilReady(container, probe, new AbortController().signal)
}

const up = `() => console.log('up')`

test('tcpSocket: localhost is either family, an address is that one', async () => {
  const { engine } = await openForTest()
  await using container = await serving(engine, `require('net').createServer().listen(80, '::1', ${up})`)
  expect(await ask(container, { kind: 'tcpSocket', port: 80 })).toBe(undefined)
  expect(await ask(container, { kind: 'tcpSocket', port: 80, host: '::1' })).toBe(undefined)
  expect(await ask(container, { kind: 'tcpSocket', port: 80, host: '127.0.0.1' })).toContain('ECONNREFUSED')
  expect(await ask(container, { kind: 'tcpSocket', port: 81 })).toContain('ECONNREFUSED')
})

test('httpGet: by the status, with path and headers, in time', async () => {
  const { engine } = await openForTest()
  await using container = await serving(
    engine,
    `require('http').createServer((request, response) => {
       if (request.url === '/never') return
       response.statusCode = Number(request.headers['x-status'] ?? request.url.slice(1))
       response.end()
     }).listen(80, '127.0.0.1', ${up})`,
  )
  const get = { kind: 'httpGet', port: 80 } as const
  expect(await ask(container, { ...get, path: '/204' })).toBe(undefined)
  expect(await ask(container, { ...get, path: '/302' })).toBe(undefined)
  expect(await ask(container, { ...get, path: '/503' })).toBe('GET /503 was answered with status 503')
  expect(await ask(container, { ...get, path: '/503', httpHeaders: [{ name: 'x-status', value: '200' }] })).toBe(
    undefined,
  )
  expect(await ask(container, { ...get, path: '/never' }, { timeout: 50 })).toMatch(/no (answer|end) within 0.05 s/)
  expect(await ask(container, { ...get, scheme: 'HTTPS' })).toMatch(/SSL|EPROTO/)
})

test('exec: by the exit code, with what it printed, in time', async () => {
  const { engine } = await openForTest()
  await using container = await serving(engine, `require('net').createServer().listen(80, ${up})`)
  const exec = (...command: [string, ...string[]]) => ({ kind: 'exec', command }) as const
  expect(await ask(container, exec('true'))).toBe(undefined)
  expect(await ask(container, exec('sh', '-c', 'echo loading; exit 3'))).toBe('sh ended with 3: loading')
  expect(await ask(container, exec('sleep', '1000'), { timeout: 50 })).toBe('exec: no end within 0.05 s')
  expect(await ask(container, exec('no-such-program'))).toContain('ENOENT')
})

test('it takes as many successes in a row as are wanted, and begins when it is told to', async () => {
  const { engine } = await openForTest()
  // Every third answer is bad.
  await using container = await serving(
    engine,
    `let count = 0
     require('http').createServer((request, response) => {
       response.statusCode = ++count % 3 === 0 ? 500 : 200
       response.end()
     }).listen(80, '127.0.0.1', ${up})`,
  )
  const get = { kind: 'httpGet', port: 80 } as const
  expect(await ask(container, get, { successThreshold: 2, bound: 10_000 })).toBe(undefined)
  expect(await ask(container, get, { successThreshold: 3 })).toMatch(/status 500|too few times/)
  const ended = AbortSignal.timeout(50)
  const probe = { action: get, initialDelay: 60_000, period: 20, timeout: 50, successThreshold: 1, bound: 300 }
  await expect(probeUntilReady(container, probe, ended)).rejects.toThrow()
})

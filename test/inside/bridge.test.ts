import process from 'node:process'
import { expect, test } from 'vitest'
import type { Container } from '../../runtime/container.ts'
import type { Engine } from '../../runtime/engine.ts'
import { firstLine, openForTest, run, shell, specOf } from '../support/container.ts'

const PORT = 8080

/** Says so when it listens, and its name to whoever asks. */
function server(engine: Engine, hostname: string): Promise<Container> {
  const script = `require('net').createServer((socket) => socket.end('this is ${hostname}')).listen(${PORT}, () => console.log('listens'))`
  return engine.create(specOf([process.execPath, '-e', script], { hostname, network: 'bridge' }))
}

const asks = (host: string): readonly [string, ...string[]] => [
  process.execPath,
  '-e',
  `require('net').connect(${PORT}, '${host}').on('data', (data) => process.stdout.write(data)).on('error', (error) => console.log(error.code))`,
]

test('two containers with a server on the same port reach each other by name; one of another run, or without a bridge, reaches neither', async () => {
  const [{ engine }, { engine: other }] = [await openForTest(), await openForTest()]
  const [one, two] = [await server(engine, 'one'), await server(engine, 'two')]
  expect([await firstLine(one), await firstLine(two)]).toEqual(['listens', 'listens'])
  const answers = (host: string, from: Engine, network: 'bridge' | 'none' = 'bridge'): Promise<string> =>
    run(from, asks(host), { network }).then(({ output }) => output.trim())
  expect(await answers('one.mydocker', engine)).toBe('this is one')
  expect(await answers('two.mydocker', engine)).toBe('this is two')
  expect(await answers('two', engine)).toBe('this is two')
  // Each run has a world of its own, with equal addresses in it.
  const three = await server(other, 'three')
  expect(await firstLine(three)).toBe('listens')
  expect(await answers('one.mydocker', other)).toMatch(/ENOTFOUND|EAI_AGAIN/)
  const [address = ''] = (await shell(engine, 'getent hosts one.mydocker', { network: 'bridge' })).output.split(' ')
  expect(await answers(address, engine)).toBe('this is one')
  expect(await answers(address, other)).toBe('this is three')
  expect(await answers(address, engine, 'none')).toBe('ENETUNREACH')
  // A name ends with who had it, and is free for another one.
  one.kill()
  await one.ended
  expect(await answers('one.mydocker', engine)).toMatch(/ENOTFOUND|EAI_AGAIN/)
  const again = await server(engine, 'one')
  expect(await firstLine(again)).toBe('listens')
  expect(await answers('one.mydocker', engine)).toBe('this is one')
})

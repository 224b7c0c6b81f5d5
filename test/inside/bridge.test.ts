import process from 'node:process'
import { expect, test } from 'vitest'
import type { Container } from '../../runtime/container.ts'
import type { Engine } from '../../runtime/engine.ts'
import { finish, firstLine, openForTest, run, shell, specOf } from '../support/container.ts'

const PORT = 8080

/** Says so when it listens, and its name to whoever asks. */
function server(engine: Engine, hostname: string, pod?: Container): Promise<Container> {
  const script = `require('net').createServer((socket) => socket.end('this is ${hostname}')).listen(${PORT}, () => console.log('listens'))`
  return engine.create(specOf([process.execPath, '-e', script], { hostname, network: 'bridge' }), pod)
}

const asks = (host: string): readonly [string, ...string[]] => [
  process.execPath,
  '-e',
  `require('net').connect(${PORT}, '${host}').on('data', (data) => process.stdout.write(data)).on('error', (error) => console.log(error.code))`,
]

async function answer(host: string, from: Engine, network: 'bridge' | 'none' = 'bridge'): Promise<string> {
  const { output } = await run(from, asks(host), { network })
  return output.trim()
}

test('two containers with a server on the same port reach each other by name; one of another run, or without a bridge, reaches neither', async () => {
  const [{ engine }, { engine: other }] = [await openForTest(), await openForTest()]
  const [one, two] = [await server(engine, 'one'), await server(engine, 'two')]
  expect([await firstLine(one), await firstLine(two)]).toEqual(['listens', 'listens'])
  expect(await answer('one.mydocker', engine)).toBe('this is one')
  expect(await answer('two.mydocker', engine)).toBe('this is two')
  expect(await answer('two', engine)).toBe('this is two')
  // Each run has a world of its own, with equal addresses in it.
  const three = await server(other, 'three')
  expect(await firstLine(three)).toBe('listens')
  expect(await answer('one.mydocker', other)).toMatch(/ENOTFOUND|EAI_AGAIN/)
  const [address = ''] = (await shell(engine, 'getent hosts one.mydocker', { network: 'bridge' })).output.split(' ')
  expect(await answer(address, engine)).toBe('this is one')
  expect(await answer(address, other)).toBe('this is three')
  expect(await answer(address, engine, 'none')).toBe('ENETUNREACH')
  // A name ends with who had it, and is free for another one.
  one.kill()
  await one.ended
  expect(await answer('one.mydocker', engine)).toMatch(/ENOTFOUND|EAI_AGAIN/)
  const again = await server(engine, 'one')
  expect(await firstLine(again)).toBe('listens')
  expect(await answer('one.mydocker', engine)).toBe('this is one')
})

test('a side container is behind the name of its pod, and knows the names of the others', async () => {
  const { engine } = await openForTest()
  const spec = specOf(['/bin/sh', '-c', 'echo up; exec sleep 1000'], {
    hostname: 'pod',
    network: 'bridge',
    share: true,
  })
  const pod = await engine.create(spec)
  const [side, other] = [await server(engine, 'side', pod), await server(engine, 'other')]
  expect([await firstLine(pod), await firstLine(side), await firstLine(other)]).toEqual(['up', 'listens', 'listens'])
  expect(await answer('pod.mydocker', engine)).toBe('this is side')
  await using beside = await engine.create(specOf(asks('other.mydocker'), { network: 'bridge' }), pod)
  expect((await finish(beside)).output).toBe('this is other')
})

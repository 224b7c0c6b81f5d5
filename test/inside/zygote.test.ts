import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import process from 'node:process'
import * as v from 'valibot'
import { expect, test, vi } from 'vitest'
import { processTree } from '../../runtime/ports.ts'
import { openForTest, specOf } from '../support/container.ts'
import { forkingModule, openZygote, told } from '../support/forks.ts'

const FORKS = 6

test('forks do not have the same random values, whatever the zygote has taken before', async () => {
  const { engine } = await openForTest()
  const zygote = openZygote(
    forkingModule({
      once: `const c = require('node:crypto'); c.randomUUID(); c.randomInt(9); c.randomBytes(9); globalThis.crypto.randomUUID()
             c.generateKeyPairSync('ed25519')`,
      each: `const c = require('node:crypto')
             return [c.randomUUID(), globalThis.crypto.randomUUID(), c.randomInt(2 ** 47), c.randomBytes(16).toString('hex'),
               c.generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x]`,
    }),
  )
  const all = []
  for (let i = 0; i < FORKS; i++) all.push(...v.parse(v.array(v.any()), await told(engine, zygote)))
  expect(all).toHaveLength(FORKS * 5)
  expect(new Set(all).size).toBe(all.length)
})

test('a fork has no descriptor that the zygote has, but what is nowhere in the file system', async () => {
  const { engine } = await openForTest()
  const zygote = openZygote(
    forkingModule({
      // Starts what needs descriptors: signals, the pool of threads.
      once: `process.on('SIGUSR2', () => {}); await fs.promises.stat('/')`,
      each: `await fs.promises.stat('/')
             const descriptor = (fd) => { try { return { fd: Number(fd), target: fs.readlinkSync('/proc/self/fd/' + fd), info: fs.readFileSync('/proc/self/fdinfo/' + fd, 'utf8') } } catch { return undefined } }
             return fs.readdirSync('/proc/self/fd').map(descriptor).filter(Boolean)`,
    }),
  )
  await zygote.serving
  const inZygote = new Set(descriptorsOf(zygote.pid ?? 0))
  expect([...inZygote].join()).toMatch(/pipe:.*eventfd/)
  const list = v.array(v.object({ fd: v.number(), target: v.string(), info: v.string() }))
  for (let i = 0; i < 2; i++) {
    const descriptors = v.parse(list, await told(engine, zygote))
    const sockets = descriptors.filter(({ target }) => target.startsWith('socket:'))
    expect(sockets.map(({ fd }) => fd)).toEqual([1, 2, 3])
    const identities = descriptors.map(({ target, info }) => identity(target, info))
    expect(identities.join()).toMatch(/pipe:.*eventfd/)
    for (const each of identities) if (!/^\/dev\/null|^\/proc/.test(each)) expect(inZygote).not.toContain(each)
  }
})

test('a fork is a child of PID 1 in a session of its own, and its process group has nobody else', async () => {
  const { engine } = await openForTest()
  const zygote = openZygote(
    forkingModule({
      each: `process.on('SIGTERM', () => {})
             process.kill(0, 'SIGTERM')
             const [, parent, group, session] = fs.readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ').map(Number)
             return { pid: process.pid, parent, group, session, all: fs.readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).map(Number) }`,
    }),
  )
  const value = v.parse(
    v.object({
      pid: v.number(),
      parent: v.number(),
      group: v.number(),
      session: v.number(),
      all: v.array(v.number()),
    }),
    await told(engine, zygote),
  )
  const { pid } = value
  expect(value).toEqual({ pid, parent: 1, group: pid, session: pid, all: [1, pid] })
  expect(zygote.alive).toBe(true)
})

test('signals reach the handlers that were there before the fork, and only in their own process', async () => {
  const { engine } = await openForTest()
  const zygote = openZygote(
    forkingModule({
      once: `globalThis.heard = []; process.on('SIGUSR2', () => globalThis.heard.push(process.pid))`,
      each: `process.kill(process.pid, 'SIGUSR2')
             while (globalThis.heard.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
             return globalThis.heard`,
    }),
  )
  const [first, second] = await Promise.all([told(engine, zygote), told(engine, zygote)])
  expect(first).toEqual([expect.any(Number)])
  expect(second).toEqual([expect.any(Number)])
})

test('timers that were there before the fork go on', async () => {
  const { engine } = await openForTest()
  const zygote = openZygote(
    forkingModule({
      once: `globalThis.ticks = 0; setInterval(() => globalThis.ticks++, 2).unref()`,
      each: `const before = globalThis.ticks
             while (globalThis.ticks < before + 3) await new Promise((resolve) => setTimeout(resolve, 2))
             return 'ticks'`,
    }),
  )
  expect(await told(engine, zygote)).toBe('ticks')
})

test('a fork that a signal ends has that end, and its zygote goes on', async () => {
  const { engine } = await openForTest()
  const zygote = openZygote(forkingModule({ each: `process.kill(process.pid, 'SIGKILL'); for (;;);` }))
  await expect(told(engine, zygote)).rejects.toThrow()
  await expect(told(engine, zygote)).rejects.toThrow()
  expect(zygote.alive).toBe(true)
})

test.each([
  ['threads', `new (require('node:worker_threads').Worker)('setInterval(() => {}, 99)', { eval: true }).unref()`],
  ['left open', `fs.openSync('/etc/passwd')`],
  ['does not come to an end', `setInterval(() => {}, 1000)`],
  ['exit status 3', `process.exit(3)`],
  ['SIGABRT', `process.abort()`],
  ['could not be prepared: no luck', `throw new Error('no luck')`],
])('a zygote that cannot be forked refuses, and says why: %s', async (cause, once) => {
  const zygote = openZygote(forkingModule({ once }))
  zygote.stderr.resume()
  await expect(zygote.serving).rejects.toThrow(cause)
  expect((await zygote.died).message).toContain(cause)
  expect(zygote.alive).toBe(false)
})

test('a fork that its container has no memory for is refused, and says why', async () => {
  const { engine } = await openForTest()
  const zygote = openZygote(forkingModule({}))
  const limits = { memory: 400 << 10 }
  // It is for the page tables of the fork already, or for the first pages that it writes to.
  await expect(engine.prepare(specOf('forked', { channel: true, limits }), zygote)).rejects.toThrow(
    /needs more than the memory limit 400Ki|fork: ENOMEM/,
  )
  expect(await told(engine, zygote)).toBeNull()
})

test('a container ends when what was forked into it is killed before its work is known', async () => {
  const { engine } = await openForTest()
  const prepared = await engine.prepare(
    specOf('forked', { channel: true }),
    openZygote(forkingModule({ each: 'await new Promise(() => setInterval(() => {}, 1000))' })),
  )
  await using container = prepared.container
  const [fork] = processTree(container.initPid).slice(1)
  process.kill(fork ?? 0, 'SIGKILL')
  await container.ended
  await expect(prepared.start('box')).rejects.toThrow('has ended')
})

test('requests that wait when a zygote dies are refused', async () => {
  const { engine } = await openForTest()
  const zygote = openZygote(forkingModule({}))
  await zygote.serving
  process.kill(zygote.pid ?? 0, 'SIGSTOP')
  const waiting = Promise.allSettled([told(engine, zygote), told(engine, zygote)])
  await vi.waitUntil(() => zygote.alive)
  process.kill(zygote.pid ?? 0, 'SIGKILL')
  const results = await waiting
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect((await zygote.died).message).toContain('SIGKILL')
})

function descriptorsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).map((fd) =>
    identity(readlinkSync(`/proc/${pid}/fd/${fd}`), readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8')),
  )
}

/** What tells a file from others: anonymous inodes have one number for all, but the kernel numbers eventfds (Linux 5.2). */
function identity(target: string, info: string): string {
  const [, eventfd = ''] = /^eventfd-id:\s*(\d+)/m.exec(info) ?? []
  return target.startsWith('anon_inode:') && eventfd === '' ? `${target} ${Math.random()}` : `${target} ${eventfd}`
}

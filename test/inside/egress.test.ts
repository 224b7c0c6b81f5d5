import { once } from 'node:events'
import { existsSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Engine } from '../../runtime/engine.ts'
import { mayMakeDevices, requireCapability } from '../support/capability.ts'
import { firstLine, openForTest, run, specOf, temporaryDirectory } from '../support/container.ts'
import { commandLine } from '../support/zygote.ts'

/** Of this machine, and not its loopback: what is sent there stays here. */
const ownAddress = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address

const path_ = process.env.PATH ?? ''
beforeEach(() => {
  onTestFinished(() => {
    process.env.PATH = path_
  })
})

/** What is on PATH of the programs that carry packets. */
function install(...programs: readonly string[]): void {
  const directory = temporaryDirectory()
  for (const program of programs) symlinkSync(path.join('/usr/bin', program), path.join(directory, program))
  process.env.PATH = directory
}

const bridge = { network: 'bridge', env: { PATH: path_ } } as const
const out = { ...bridge, egress: true } as const

async function listen(host: string): Promise<number> {
  const server = createServer((socket) => socket.end('from outside')).listen(0, host)
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** Command lines of a program that works for the container of that PID 1. */
function helpersOf(program: string, init: number): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const lines = pids.map((pid) => commandLine(Number(pid)))
  return lines.filter((line) => line.includes(program) && line.includes(`\0${init}\0`))
}

async function ask(engine: Engine, host: string, port: number, spec: typeof bridge | typeof out): Promise<string> {
  const script = `require('net').connect(${port}, '${host}').on('data', (data) => process.stdout.write(data)).on('error', (error) => console.log(error.code))`
  const { output, errors } = await run(engine, [process.execPath, '-e', script], spec)
  return `${output}${errors}`.trim()
}

test('without egress no way leads out of a bridge', async (context) => {
  requireCapability(context, ownAddress === undefined ? 'an address besides the loopback' : undefined)
  const { engine } = await openForTest()
  const host = ownAddress ?? ''
  expect(await ask(engine, host, await listen(host), bridge)).toBe('ENETUNREACH')
})

test('egress without a program for it is an error that names two', async () => {
  install()
  const { engine } = await openForTest()
  await expect(engine.create(specOf(['true'], out))).rejects.toThrow(
    /neither pasta nor slirp4netns[\s\S]*apt-get install/,
  )
})

test.runIf(mayMakeDevices)('egress by a program that fails is an error with what it says', async () => {
  const directory = temporaryDirectory()
  writeFileSync(path.join(directory, 'pasta'), '#!/bin/sh\necho no luck >&2; exit 1\n', { mode: 0o755 })
  process.env.PATH = directory
  const { engine } = await openForTest()
  await expect(engine.create(specOf(['true'], out))).rejects.toThrow(/egress: open a way out.*no luck/)
})

test.skipIf(mayMakeDevices)(
  'egress for a user who may not make network devices is an error with the cure',
  async () => {
    const { engine } = await openForTest()
    await expect(engine.create(specOf(['true'], out))).rejects.toThrow(/\/dev\/net\/tun[\s\S]*chmod 0666/)
  },
)

describe.skipIf(!mayMakeDevices).each(['pasta', 'slirp4netns'])('egress by %s', (program) => {
  test('reaches an address of this machine, and its loopback by no name', async (context) => {
    requireCapability(context, ownAddress === undefined ? 'an address besides the loopback' : undefined)
    requireCapability(context, existsSync(`/usr/bin/${program}`) ? undefined : program)
    install(program)
    const { engine } = await openForTest()
    const host = ownAddress ?? ''
    expect(await ask(engine, host, await listen(host), out)).toBe('from outside')
    const onLoopback = await listen('127.0.0.1')
    // The gateway of pasta is nobody: what is sent there would leave this machine.
    for (const way of program === 'pasta' ? ['127.0.0.1'] : ['127.0.0.1', '10.0.2.2'])
      expect(await ask(engine, way, onLoopback, out), way).toMatch(
        /ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ECONNRESET/,
      )
  })

  test('is over when the container is', async (context) => {
    requireCapability(context, existsSync(`/usr/bin/${program}`) ? undefined : program)
    install(program)
    const { engine } = await openForTest()
    const container = await engine.create(specOf(['sh', '-c', 'echo here; exec sleep 1000'], out))
    expect(await firstLine(container)).toBe('here')
    const theirs = (): string[] => helpersOf(program, container.initPid)
    expect(theirs()).not.toEqual([])
    await container.remove()
    await expect.poll(theirs).toEqual([])
  })
})

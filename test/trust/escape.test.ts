import path from 'node:path'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Engine, openEngine } from '../../runtime/engine.ts'
import { SYSCALLS } from '../../runtime/seccomp/syscalls.ts'
import { Zygote } from '../../runtime/zygote.ts'
import { specOf } from '../support/container.ts'
import type { Attack } from './attack.ts'
import { capabilities } from './attacks/capabilities.ts'
import { cgroups } from './attacks/cgroups.ts'
import { descriptors } from './attacks/descriptors.ts'
import { hostFiles } from './attacks/host-files.ts'
import { kernel } from './attacks/kernel.ts'
import { maskedPaths } from './attacks/masked-paths.ts'
import { mounts } from './attacks/mounts.ts'
import { neighbours } from './attacks/neighbours.ts'
import { network } from './attacks/network.ts'
import { processes } from './attacks/processes.ts'
import { HostSide } from './host-side.ts'
import { Neighbour } from './neighbour.ts'

const all: readonly Attack[] = [
  capabilities,
  hostFiles,
  maskedPaths,
  mounts,
  processes,
  neighbours,
  kernel,
  network,
  cgroups,
  descriptors,
].flat()

const numbers = Object.fromEntries(
  Object.entries(SYSCALLS).map(([name, [x64, arm64]]) => [name, process.arch === 'arm64' ? arm64 : x64]),
)
const own = import.meta.dirname

describe.each(['exec', 'zygote'] as const)('escapes from a container that was started by %s', (start) => {
  let engine: Engine
  let host: HostSide
  let neighbour: Neighbour
  let zygote: Zygote | undefined

  beforeAll(async () => {
    engine = await openEngine({ strict: false, onEvent: () => {} })
    host = await HostSide.open()
    neighbour = await Neighbour.open(engine)
    if (start === 'exec') return
    zygote = new Zygote({
      module: pathToFileURL(path.join(own, 'forked.mjs')).href,
      execArgv: [],
      env: { PATH: process.env.PATH ?? '' },
      workingDir: '/',
    })
  })

  afterAll(async () => {
    zygote?.close()
    await neighbour?.close()
    await engine?.close()
    host?.close()
  })

  async function attempt(source: string): Promise<string> {
    const task = JSON.stringify({
      source,
      host: { ...host.facts, neighbour: neighbour.facts([zygote?.pid]) },
      numbers,
    })
    const visible = [own, host.facts.directory, path.dirname(process.execPath)]
    const limits = { memory: 512 << 20, pids: 256 }
    if (zygote === undefined) {
      const command = [process.execPath, path.join(own, 'inside.mjs'), task] as const
      await using container = await engine.create(specOf(command, { visible, limits }))
      const [outcome, errors] = await Promise.all([
        container.stdout ? text(container.stdout) : '',
        container.stderr ? text(container.stderr) : '',
      ])
      return outcome || errors
    }
    const prepared = await engine.prepare(specOf('forked', { visible, limits, channel: true }), zygote)
    await using container = prepared.container
    await prepared.start('box')
    container.channel?.write(`${task}\n`)
    return container.channel ? await text(container.channel) : ''
  }

  test.each(all.map((each) => [`${each.category}: ${each.name}`, each] as const))('%s', async (_name, each) => {
    expect(await attempt(each.attempt.toString())).toMatch(each.held)
    expect(host.photograph()).toEqual(host.before)
    expect(neighbour.isUnharmed()).toBe(true)
  })
})

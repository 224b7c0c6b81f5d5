import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { expect, test, vi } from 'vitest'
import { packageDirectory } from '../../runtime/package.ts'
import { processTree } from '../../runtime/ports.ts'
import type { ContainerSpec } from '../../runtime/spec.ts'
import { mayMakeDevices } from '../support/capability.ts'
import { temporaryDirectory } from '../support/container.ts'
import { cgroupsOfRun } from '../support/leftovers.ts'

/** A process of its own that makes a container with many processes, and another one beside it, and tells the pids and cgroups. */
const OWNER = `
  import { openEngine, startJanitor } from '${packageDirectory}/dist/runtime/index.js'
  import { readFileSync } from 'node:fs'
  const janitor = startJanitor()
  janitor.watchDirectory(process.argv[1])
  const engine = await openEngine({ strict: false, onEvent() {}, janitor })
  const spec = {
    name: 'a', hostname: 'box', command: ['/bin/sh', '-c', 'sleep 31536000 & setsid sleep 31536000 & echo up; wait'],
    env: { PATH: process.env.PATH }, workingDir: '/', user: { uid: process.getuid(), gid: process.getgid() },
    ephemeralStorage: 1 << 20, volumes: [], visible: [], ...JSON.parse(process.argv[2]), hostPorts: [], limits: { memory: 64 << 20 },
    stdio: 'pipe', channel: false, share: true,
  }
  const pod = await engine.create(spec)
  const container = await engine.create({ ...spec, name: 'b' }, pod)
  container.stdout.once('data', () => console.log(readFileSync('/proc/' + container.initPid + '/task/' + container.initPid + '/children', 'utf8')))
  setInterval(() => {}, 1000)
`

async function startOwner(
  directory: string,
  network: Pick<ContainerSpec, 'network' | 'egress'>,
): Promise<{ pid: number; pids: number[]; kill: () => Promise<void> }> {
  const owner = spawn(process.execPath, ['--input-type=module', '-e', OWNER, directory, JSON.stringify(network)], {
    env: { ...process.env, TMPDIR: path.dirname(directory) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const died = once(owner, 'exit').then(([code]) => {
    throw new Error(`the owner of the containers has ended with ${code}`)
  })
  died.catch(() => {})
  await Promise.race([once(owner.stdout, 'data'), died])
  const pid = owner.pid ?? 0
  const kill = async (): Promise<void> => {
    owner.kill('SIGKILL')
    await once(owner, 'exit')
  }
  return { pid, pids: processTree(pid).slice(1), kill }
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** Its way out is a process more, where this user may have one. */
const bridge = { network: 'bridge', egress: mayMakeDevices } as const

test.each([{ network: 'none' } as const, bridge])(
  'when the owner is killed with SIGKILL, its processes, cgroups and directories are gone: %o',
  async (network) => {
    const directory = path.join(temporaryDirectory(), 'run')
    mkdirSync(path.join(directory, 'deep'), { recursive: true })
    const owner = await startOwner(directory, network)
    expect(owner.pids.length).toBeGreaterThanOrEqual(10)
    await owner.kill()
    await vi.waitUntil(
      () =>
        !owner.pids.some(isAlive) &&
        readdirSync(path.dirname(directory)).length === 0 &&
        cgroupsOfRun(owner.pid).length === 0,
      {
        timeout: 10_000,
        interval: 20,
      },
    )
  },
)

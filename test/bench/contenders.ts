import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import * as v from 'valibot'
import type { ContainerSpec, Engine } from '../../runtime/index.ts'
import { command } from '../support/command.ts'
import { NAME, Shell } from './shell.ts'

/** One way to run /bin/true in user, PID, mount, network, UTS and IPC namespaces of its own, on the host's files. */
export interface Contender {
  readonly name: string
  /** From nothing to everything removed. @throws Error unless the command has succeeded */
  start(): Promise<void>
}

const COMMAND = '/bin/true'

export interface Surroundings {
  /** Directory from which this package is found, as an import in it would. */
  readonly installation: string
  /** Empty, for files of the contenders'. */
  readonly temporary: string
  /** The host's root, mounted a second time: runc and crun cannot pivot into `/` itself. */
  readonly root: string
}

/** All of them, and what any must spend: a process. */
export async function openContenders(
  surroundings: Surroundings,
): Promise<AsyncDisposable & { readonly all: readonly Contender[] }> {
  const engine = await openEngine(surroundings.installation)
  const crun = await crunCommand(surroundings).then(
    (words) => spawned('crun', ...words),
    (error) => unable('crun', error),
  )
  const others = [
    crun,
    spawned('bwrap', ...bwrapCommand),
    spawned('podman', ...podmanCommand),
    spawned('no container', COMMAND),
  ]
  return {
    all: [
      { name: 'mydocker', start: () => startOurs(engine, {}) },
      { name: 'mydocker, memory limit', start: () => startOurs(engine, { memory: 256 * 2 ** 20 }) },
      ...others,
    ],
    async [Symbol.asyncDispose]() {
      await Promise.all(others.map((other) => other[Symbol.asyncDispose]()))
      await engine.close()
    },
  }
}

async function openEngine(installation: string): Promise<Engine> {
  const entry = createRequire(join(installation, 'package.json')).resolve('vitest-pool-mydocker/runtime')
  const runtime: typeof import('../../runtime/index.ts') = await import(pathToFileURL(entry).href)
  return await runtime.openEngine({ strict: false, onEvent: () => {} })
}

let names = 0

async function startOurs(engine: Engine, limits: ContainerSpec['limits']): Promise<void> {
  const spec: ContainerSpec = {
    name: `bench-${names++}`,
    hostname: 'bench',
    command: [COMMAND],
    env: {},
    workingDir: '/',
    user: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
    ephemeralStorage: 64 * 2 ** 20,
    volumes: [],
    visible: [],
    network: 'none',
    hostPorts: [],
    limits,
    stdio: 'inherit',
    channel: false,
  }
  await using container = await engine.create(spec)
  const { exitCode } = await container.ended
  if (exitCode !== 0) throw new Error(`exit status ${exitCode}`)
}

/** Its command is run by a shell that waits for it: forking that is cheap, as forking our own launcher is, and unlike forking Node. */
function spawned(name: string, ...words: [string, ...string[]]): Contender & AsyncDisposable {
  const all: Shell[] = []
  const idle: Shell[] = []
  const open = (): Shell => {
    const shell = new Shell(words)
    all.push(shell)
    return shell
  }
  return {
    name,
    async start() {
      const shell = idle.pop() ?? open()
      await shell.run()
      idle.push(shell)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map((shell) => shell.close()))
    },
  }
}

function unable(name: string, error: unknown): Contender & AsyncDisposable {
  return { name, start: () => Promise.reject(error), async [Symbol.asyncDispose]() {} }
}

const bwrapCommand = [
  'bwrap',
  ...['user', 'pid', 'net', 'uts', 'ipc'].map((namespace) => `--unshare-${namespace}`),
  ...['--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', COMMAND],
] as const

const podmanCommand = [
  'podman',
  'run',
  '--rm',
  '--network=none',
  '--cgroups=disabled',
  '--uidmap=0:0:65536',
  '--gidmap=0:0:65536',
  // The default is more than a machine without CAP_SYS_RESOURCE may ask for.
  '--ulimit=nofile=1024:1024',
  '--ulimit=nproc=1024:1024',
  // An overlay whose upper layer is thrown away, as ours.
  '--rootfs',
  '/:O',
  COMMAND,
] as const

const ociConfig = v.looseObject({
  process: v.looseObject({ terminal: v.boolean(), args: v.array(v.string()) }),
  root: v.looseObject({ path: v.string() }),
  mounts: v.array(v.looseObject({ type: v.string() })),
  linux: v.looseObject({ namespaces: v.array(v.looseObject({ type: v.string() })) }),
})

/** crun's own template for a container with a user namespace, without a cgroup: of that we have none here either. */
async function crunCommand({ temporary, root }: Surroundings): Promise<readonly [string, ...string[]]> {
  const bundle = join(temporary, 'bundle')
  await mkdir(bundle)
  await command('crun', ['spec', '--rootless'], { cwd: bundle })
  const file = join(bundle, 'config.json')
  const config = v.parse(ociConfig, JSON.parse(await readFile(file, 'utf8')))
  const changed = {
    ...config,
    process: { ...config.process, terminal: false, args: [COMMAND] },
    root: { ...config.root, path: root },
    mounts: config.mounts.filter(({ type }) => type !== 'cgroup'),
    linux: { ...config.linux, namespaces: config.linux.namespaces.filter(({ type }) => type !== 'cgroup') },
  }
  await writeFile(file, JSON.stringify(changed))
  return ['crun', '--cgroup-manager=disabled', 'run', `--bundle=${bundle}`, NAME]
}

import { readFileSync } from 'node:fs'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Container } from '../../runtime/container.ts'
import { type Engine, openEngine } from '../../runtime/engine.ts'
import { processTree } from '../../runtime/ports.ts'
import type { ContainerSpec, ContainerStatus } from '../../runtime/spec.ts'
import { requireCapability } from '../support/capability.ts'
import { Mi, missingMemoryLimit } from '../support/cgroups.ts'
import { specOf } from '../support/container.ts'
import { begin, forkingModule, openZygote } from '../support/forks.ts'
import { patience } from '../support/host.ts'
import { mounts, remaining, tracesOf, untilEmpty } from '../support/leftovers.ts'

/** Nothing is left after so long. */
const GONE_MS = 1000

let engine: Engine

beforeAll(async () => {
  engine = await openEngine({ strict: false, onEvent: () => {} })
})
afterAll(() => engine?.close())

interface Fault {
  readonly command?: readonly [string, ...string[]]
  readonly script?: string
  readonly spec?: Partial<ContainerSpec>
  readonly needsMemoryLimit?: true
  /** Does it, while the command runs. */
  strike?(container: Container): void | Promise<void>
  /** The verdict. */
  readonly status?: Partial<ContainerStatus>
  readonly output?: string | RegExp
}

const perl = (script: string): readonly [string, ...string[]] => ['/usr/bin/perl', '-e', script]

/** Parent of a process of the host, by its pid. */
function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

/** Of the containers' commands that print it, they have begun. */
const BEGUN = 'echo begun; '
const forever = `${BEGUN}exec sleep 1000`
const killed = { reason: 'Error', exitCode: 137, signal: 'SIGKILL' } as const

const FAULTS: Readonly<Record<string, Fault>> = {
  // Who is killed at whatever he does.
  'killed: the command': {
    script: forever,
    strike: ({ initPid }) => void process.kill(processTree(initPid)[1] ?? 0, 'SIGKILL'),
    status: killed,
  },
  'killed: PID 1': {
    script: forever,
    strike: ({ initPid }) => void process.kill(initPid, 'SIGKILL'),
    status: killed,
  },
  'killed: the supervisor': {
    script: forever,
    strike: ({ initPid }) => void process.kill(parentOf(initPid), 'SIGKILL'),
    status: killed,
  },
  'stopped: PID 1, then removed': { script: forever, strike: ({ initPid }) => void process.kill(initPid, 'SIGSTOP') },
  'stopped: the supervisor, then killed': {
    script: forever,
    strike: ({ initPid }) => {
      const supervisor = parentOf(initPid)
      process.kill(supervisor, 'SIGSTOP')
      process.kill(supervisor, 'SIGKILL')
    },
    status: killed,
  },
  'stopped: the command by itself': { script: `${BEGUN}kill -STOP $$` },
  // Commands that do their worst to what counts them.
  'processes: a fork bomb': {
    // Whoever cannot fork ends; the first one surely cannot at last, as its dead children count until it waits for them.
    command: perl('while (1) { defined(fork) or exit 7 }'),
    spec: { limits: { pids: 64 } },
    status: { reason: 'Error', exitCode: 7 },
  },
  'processes: ten thousand strays': {
    command: perl('for (1..10000) { defined($_ = fork) or die $!; $_ or do { sleep 1000; exit } } print "left\\n"'),
    spec: { limits: { pids: 11_000 } },
    output: /left/,
    status: { exitCode: 0 },
  },
  'processes: a daemon that has left its session': {
    script: 'setsid sh -c "trap \'\' HUP TERM INT; sleep 1000" >/dev/null 2>&1 & echo left',
    output: 'left\n',
  },
  'processes: zombies that nobody waits for': {
    command: perl('for (1..200) { fork or exit } print "left\\n"'),
    output: /left/,
    status: { exitCode: 0 },
  },
  'processes: a chain of orphans': {
    command: perl('for (1..50) { exit if fork } sleep 1000'),
    status: { exitCode: 0 },
  },
  'signals: none is obeyed': {
    script: `trap '' HUP INT QUIT TERM USR1 USR2; ${BEGUN}while :; do sleep 1000; done`,
    strike: (container) => container.signal('SIGTERM'),
  },
  'signals: everything inside is told to end': { script: "trap '' TERM; kill -TERM -1; echo alive", output: 'alive\n' },
  'signals: everything else inside is killed': { script: 'sleep 1000 & kill -KILL -1; echo alive', output: 'alive\n' },
  'signals: a crash': { script: 'kill -SEGV $$', status: { exitCode: 139, signal: 'SIGSEGV' } },
  'signals: a flood of them': {
    script: 'trap "" USR1; for i in $(seq 2000); do kill -CHLD 1; kill -USR1 1; done; echo done',
    output: 'done\n',
  },
  // Room.
  'room: the upper layer is full': {
    script: 'dd if=/dev/zero of=/var/tmp/full bs=1M 2>&1 | grep -o "No space left"; echo on',
    output: 'No space left\non\n',
  },
  'room: /dev/shm is full': {
    script: 'dd if=/dev/zero of=/dev/shm/full bs=1M 2>&1 | grep -o "No space left"; echo on',
    output: 'No space left\non\n',
  },
  'room: /tmp is full of names': {
    command: perl('for (1..100000) { open(F, ">", "/tmp/$_") or last } print "on\\n"'),
    output: 'on\n',
  },
  'room: a tree as deep as paths go': {
    command: perl('chdir "/tmp"; for (1..2000) { mkdir "d" or last; chdir "d" or last } print "on\\n"'),
    output: 'on\n',
  },
  'room: a sparse file larger than any disk': {
    command: perl('open(F, ">", "/tmp/sparse"); truncate(F, 1 << 42); print "on\\n"'),
    output: 'on\n',
  },
  'room: no descriptor is left': {
    command: perl('while (1) { open(my $f, "<", "/dev/null") or last; push @f, $f } print "$!\\n"'),
    output: /Too many open files/,
  },
  'room: its system is deleted': {
    // Not home directories: there is no telling how large they are.
    script: 'rm -rf /etc /bin /sbin /usr/sbin /usr/games 2>/dev/null; echo on',
    output: 'on\n',
  },
  'room: the whole root is closed': { script: 'chmod 000 / 2>/dev/null; echo on', output: 'on\n' },
  // Memory.
  'memory: more than its limit': {
    command: perl('$_ = "x" x (1 << 30); print "never"'),
    spec: { limits: { memory: 64 * Mi } },
    needsMemoryLimit: true,
    status: { reason: 'OOMKilled', exitCode: 137 },
    output: '',
  },
  'memory: files beyond its limit': {
    script: 'cat /dev/zero > /tmp/zeroes; echo never',
    spec: { limits: { memory: 64 * Mi }, ephemeralStorage: 1024 * Mi },
    needsMemoryLimit: true,
    status: { reason: 'OOMKilled', exitCode: 137 },
  },
  'memory: a child beyond its limit': {
    command: perl('if (fork) { wait; sleep 1000 } else { $_ = "x" x (1 << 30) }'),
    spec: { limits: { memory: 64 * Mi } },
    needsMemoryLimit: true,
    status: { reason: 'OOMKilled', exitCode: 137 },
  },
  // Output.
  'output: 256 MiB of it': {
    command: perl('my $x = "x" x (1 << 20); print $x for 1..256'),
    output: /^x{1024}/,
    status: { exitCode: 0 },
  },
  'output: bytes that are no text': { command: perl('print pack("C*", 0..255)'), status: { exitCode: 0 } },
  'output: its streams are closed': { script: 'exec >&- 2>&-; exit 3', status: { exitCode: 3 } },
  'output: its channel is closed': {
    script: `exec 3>&-; ${BEGUN}exit 4`,
    spec: { channel: true },
    status: { exitCode: 4 },
  },
  'output: a flood in its channel': {
    command: perl('open(C, ">&=", 3); $_ = "\\xff" x (1 << 20); for my $i (1..64) { syswrite(C, $_) } exit 5'),
    spec: { channel: true },
    status: { exitCode: 5 },
  },
  'output: pieces of records where PID 1 has its own': {
    script: 'for fd in 4 5 6 7; do (printf "\\377\\377\\377\\377" >&$fd) 2>/dev/null; done; exit 6',
    status: { exitCode: 6 },
  },
}

test.for(Object.entries(FAULTS))('%s', { timeout: 120_000 * patience }, async ([, fault], context) => {
  if (fault.needsMemoryLimit) requireCapability(context, await missingMemoryLimit())
  const before = mounts()
  await using neighbour = await engine.create(specOf(['/bin/sh', '-c', 'read x <&3; echo fine'], { channel: true }))
  const fine = neighbour.stdout ? text(neighbour.stdout) : ''
  const command = fault.command ?? (['/bin/sh', '-c', fault.script ?? ''] as const)
  const container = await engine.create(specOf(command, fault.spec))
  const traces = tracesOf(container.initPid)
  const output = container.stdout ? text(container.stdout) : ''
  container.stderr?.resume()
  container.channel?.resume()
  if (fault.strike) await fault.strike(container)
  const status = fault.status === undefined && fault.output === undefined ? undefined : await container.ended
  await container.remove()
  if (fault.status) expect(status).toMatchObject(fault.status)
  if (fault.output !== undefined)
    expect(await output).toEqual(typeof fault.output === 'string' ? fault.output : expect.stringMatching(fault.output))
  expect(await untilEmpty(() => remaining(traces), GONE_MS)).toEqual([])
  neighbour.channel?.write('\n')
  expect(await fine).toBe('fine\n')
  expect((await neighbour.ended).exitCode).toBe(0)
  expect(mounts()).toEqual(before)
})

/** A child of this process, by its name (PR_SET_NAME). */
function ownChild(name: string): number {
  const found = processTree(process.pid).filter((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === name)
  return found.at(-1) ?? 0
}

test('killed: what starts containers, of which another takes the place', async () => {
  await using own = await openEngine({ strict: false, onEvent: () => {} })
  const container = await own.create(specOf(['/bin/sh', '-c', forever]))
  const traces = tracesOf(container.initPid)
  process.kill(ownChild('mydocker-launch'), 'SIGKILL')
  expect(await container.ended).toMatchObject(killed)
  await container.remove()
  expect(await untilEmpty(() => remaining(traces), GONE_MS)).toEqual([])
  await using next = await own.create(specOf(['/bin/sh', '-c', 'echo fine']))
  expect(next.stdout && (await text(next.stdout))).toBe('fine\n')
})

test('killed: what would clean up after us, without which containers go on', async () => {
  const own = await openEngine({ strict: false, onEvent: () => {} })
  process.kill(ownChild('mydocker-janito'), 'SIGKILL')
  const container = await own.create(specOf(['/bin/sh', '-c', 'echo fine']))
  const traces = tracesOf(container.initPid)
  expect(container.stdout && (await text(container.stdout))).toBe('fine\n')
  await own.close()
  expect(await untilEmpty(() => remaining(traces), GONE_MS)).toEqual([])
})

test('killed: a zygote while it gets ready, whose forks are refused', async () => {
  const zygote = openZygote(forkingModule({}))
  const waiting = engine.prepare(specOf('forked', { channel: true }), zygote)
  process.kill(zygote.pid ?? 0, 'SIGKILL')
  await expect(waiting).rejects.toThrow(/SIGKILL/)
})

test('killed: a zygote whose forks live on', async () => {
  const zygote = openZygote(forkingModule({ each: `return 'fine'` }))
  const prepared = await engine.prepare(specOf('forked', { channel: true }), zygote)
  await using container = prepared.container
  const answer = container.channel && text(container.channel)
  process.kill(zygote.pid ?? 0, 'SIGKILL')
  await zygote.died
  await begin(prepared)
  expect(await answer).toBe('"fine"')
  expect((await container.ended).exitCode).toBe(0)
})

test('killed: the fork of a zygote before its work is known', async () => {
  const zygote = openZygote(forkingModule({ each: 'await new Promise(() => setInterval(() => {}, 1000))' }))
  const prepared = await engine.prepare(specOf('forked', { channel: true }), zygote)
  await using container = prepared.container
  const traces = tracesOf(container.initPid)
  process.kill(processTree(container.initPid)[1] ?? 0, 'SIGKILL')
  await container.ended
  await expect(prepared.start('box')).rejects.toThrow('has ended')
  expect(await untilEmpty(() => remaining(traces), GONE_MS)).toEqual([])
})

test('killed: PID 1 before the work of its fork is known', async () => {
  const zygote = openZygote(forkingModule({ each: 'await new Promise(() => setInterval(() => {}, 1000))' }))
  const prepared = await engine.prepare(specOf('forked', { channel: true }), zygote)
  await using container = prepared.container
  const traces = tracesOf(container.initPid)
  process.kill(container.initPid, 'SIGKILL')
  await expect(prepared.start('box')).rejects.toThrow(/ended before its command was started|has ended/)
  await container.remove()
  expect(await untilEmpty(() => remaining(traces), GONE_MS)).toEqual([])
})

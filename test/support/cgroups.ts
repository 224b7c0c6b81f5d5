import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { onTestFinished, type TestContext } from 'vitest'
import { type Cgroup, type Cgroups, openCgroups, runName } from '../../runtime/cgroup/index.ts'
import { startTime } from '../../runtime/cgroup/names.ts'
import type { Event } from '../../runtime/event.ts'
import { requireCapability } from './capability.ts'

export const Mi = 2 ** 20

/** A run's cgroups for one test, which is skipped where there are none. Closed after it. */
export function openForTest(context: TestContext, strict = false): { cgroups: Cgroups; events: Event[] } {
  const events: Event[] = []
  const cgroups = openCgroups({ runName: runName(), onEvent: (event) => events.push(event), strict })
  requireCapability(context, cgroups.version === 'none' ? events[0]?.message : undefined)
  onTestFinished(() => cgroups.close())
  return { cgroups, events }
}

/** Why a memory limit cannot be enforced by whoever runs the tests; undefined if it can. */
export async function missingMemoryLimit(): Promise<string | undefined> {
  const events: Event[] = []
  const cgroups = openCgroups({ runName: runName(), onEvent: (event) => events.push(event), strict: false })
  await cgroups.close()
  return cgroups.version === 'none' ? (events[0]?.message ?? 'a memory cgroup') : undefined
}

type Child = ChildProcessByStdio<null, Readable, Readable>

/** Starts a command that enters a cgroup as containers do, by writing `0` into each `cgroup.procs`. Killed after the test. */
export function spawnIn(cgroup: Cgroup, ...command: [string, ...string[]]): Child {
  const enter = 'while [ "$1" != -- ]; do echo 0 >"$1" || exit 125; shift; done; shift; exec "$@"'
  const child = spawn('sh', ['-c', enter, 'sh', ...cgroup.procsFiles, '--', ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return child
}

/** Runs a command in a cgroup to its end. */
export async function runIn(cgroup: Cgroup, ...command: [string, ...string[]]): Promise<Outcome> {
  const child = spawnIn(cgroup, ...command)
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { exitCode: child.exitCode, signal: child.signalCode, output, errors }
}

interface Outcome {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
  readonly errors: string
}

/** Starts a command in a cgroup and waits for the first line that it writes. */
export async function startIn(
  cgroup: Cgroup,
  ...command: [string, ...string[]]
): Promise<{ child: Child; line: string }> {
  const child = spawnIn(cgroup, ...command)
  let output = ''
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    output += chunk
    if (output.includes('\n')) return { child, line: output.slice(0, output.indexOf('\n')) }
  }
  throw new Error(`ended before it wrote a line: ${await text(child.stderr)}`)
}

/** A process that runs of ours can be named after, as if it had made them, and that can crash. Killed after the test. */
export async function startOwner(): Promise<{ runName: string; crash: () => Promise<void> }> {
  const child = spawn('sleep', ['1000'])
  const crash = async () => {
    if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await once(child, 'exit')
  }
  onTestFinished(crash)
  await once(child, 'spawn')
  const [ours, theirs] = [`-${process.pid}.${startTime('self')}.`, `-${child.pid}.${startTime(child.pid ?? 0)}.`]
  return { runName: runName().replace(ours, theirs), crash }
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { ownCgroups } from '../../runtime/cgroup/hierarchies.ts'
import { type Cgroups, openCgroups, runName, sweepCgroups } from '../../runtime/cgroup/index.ts'
import { removeCgroups } from '../../runtime/cgroup/removal.ts'
import type { Event } from '../../runtime/event.ts'
import { requireCapability } from '../support/capability.ts'
import { Mi, runIn, startOwner } from '../support/cgroups.ts'
import { isRoot } from '../support/host.ts'

// Where cgroups may be made on v2 depends on who is where. Each test puts this very process into a cgroup of the kind in
// question, made beside the one that it was started in, and back.
const isMemoryOnV2 = !/^\d+:.*\bmemory\b.*:/m.test(readFileSync('/proc/self/cgroup', 'utf8'))

describe.runIf(isMemoryOnV2)('cgroup v2', () => {
  let home: string
  let lab: string
  const events: Event[] = []

  beforeEach(async (context) => {
    events.length = 0
    home = whereWeAre()
    lab = join(dirname(home), `lab-${process.pid}-${labs++}`)
    try {
      mkdirSync(lab)
      enter(lab)
    } catch (error) {
      requireCapability(context, `no cgroup can be made beside ${home} and entered: ${error}`)
    }
    onTestFinished(async () => {
      enter(home)
      await removeCgroups([lab])
    })
  })

  it('alone in its cgroup, a process makes room below it and restores it in the end', async () => {
    const run = open()
    expect(run.version).toBe('v2')
    expect(run.parents.map(dirname)).toEqual([lab])
    expect(whereWeAre()).toBe(join(lab, 'mydocker-main'))

    const pod = run.create('pod', { memory: 32 * Mi })
    expect(await runIn(pod, 'tail', '/dev/zero')).toMatchObject({ signal: 'SIGKILL' })
    expect(pod.usage().oomKills).toBeGreaterThan(0)

    await run.close()
    expect(whereWeAre()).toBe(lab)
    expect(file('cgroup.subtree_control')).toBe('')
    expect(existsSync(join(lab, 'mydocker-main'))).toBe(false)
    expect(events).toEqual([])
  })

  it('its children come with it, and back', async () => {
    const child = startChild()
    const run = open()
    expect(whereIs(child)).toBe(whereWeAre())
    await run.close()
    expect(whereIs(child)).toBe(lab)
  })

  it.for(['first', 'second'])(
    'two runs of one process share the room, when the %s ends before the other',
    async (which) => {
      const runs = [open(), open()]
      expect(runs.flatMap((run) => run.parents).map(dirname)).toEqual([lab, lab])

      const [ends, stays] = which === 'first' ? runs : runs.reverse()
      await ends?.close()
      expect(await runIn(pod(stays), 'echo', 'fine')).toMatchObject({ output: 'fine\n' })
      await stays?.close()
      expect(whereWeAre()).toBe(lab)
      expect(file('cgroup.subtree_control')).toBe('')
    },
  )

  it('with others in its cgroup, nobody is moved and the run is beside it', async () => {
    const stranger = await startStranger()
    const run = open()
    expect(run.parents.map(dirname)).toEqual([dirname(lab)])
    expect(whereWeAre()).toBe(lab)
    expect(whereIs(stranger)).toBe(lab)
    expect(await runIn(pod(run), 'tail', '/dev/zero')).toMatchObject({ signal: 'SIGKILL' })
    await run.close()
    expect(whereWeAre()).toBe(lab)
  })

  it('where neither is possible there are no limits, and the reasons are told', () => {
    const inner = join(lab, 'inner')
    mkdirSync(inner)
    startChild()
    enter(inner)
    expect(open().version).toBe('none')
    expect(events).toHaveLength(1)
    expect(events[0]?.message).toContain(`the memory controller is not delegated to ${inner}`)
    expect(events[0]?.message).toContain(`beside it processes live in ${lab} itself`)
    expect(whereWeAre()).toBe(inner)
    enter(lab)
  })

  it.runIf(isRoot)('an ordinary user is told who is in the way, and of both cures', async () => {
    for (const path of ['', 'cgroup.procs', 'cgroup.subtree_control']) chownSync(join(lab, path), 65_534, 65_534)
    const stranger = await startStranger()
    process.seteuid?.(65_534)
    onTestFinished(() => process.seteuid?.(0))
    expect(open().version).toBe('none')
    process.seteuid?.(0)
    expect(events[0]?.message).toContain(`other processes share this one's cgroup: ${stranger} (sleep)`)
    expect(events[0]?.message).toMatch(
      /systemd-run --user --scope -p Delegate=yes .* Or move all of them into a leaf first/,
    )
  })

  it('a controller that is not delegated costs its kind of limit only', async () => {
    const { inner } = onlyMemoryDelegated()
    const run = open()
    expect(run.parents.map(dirname)).toEqual([inner])
    expect(run.create('pod', { memory: 32 * Mi, cpu: 500, pids: 9 }).limits).toEqual({ memory: 32 * Mi })
    expect(events.map((event) => event.reason).sort()).toEqual(['CpuLimitUnavailable', 'PidsLimitUnavailable'])
    await run.close()

    const strict = open(true)
    expect(strict.create('pod', { memory: 32 * Mi }).limits).toEqual({ memory: 32 * Mi })
    expect(() => strict.create('bounded', { cpu: 500 })).toThrow('cpu limits cannot be enforced')
    await strict.close()
  })

  it('what a crashed run did to its cgroup is undone by the sweep of a later one', async () => {
    const owner = await startOwner()
    const crashed = open(true, owner.runName)
    expect(whereWeAre()).toBe(join(lab, 'mydocker-main'))
    await owner.crash()
    await sweepCgroups((event) => events.push(event))
    expect(crashed.parents.filter((parent) => existsSync(parent))).toEqual([])
    expect(whereWeAre()).toBe(lab)
    expect(file('cgroup.subtree_control')).toBe('')
  })

  function open(strict = false, name = runName()): Cgroups {
    const cgroups = openCgroups({ runName: name, strict, onEvent: (event) => events.push(event) })
    onTestFinished(() => cgroups.close())
    return cgroups
  }

  function pod(run: Cgroups | undefined) {
    const made = run?.create('pod', { memory: 32 * Mi })
    if (!made) throw new Error('no run')
    return made
  }

  function file(name: string): string {
    return readFileSync(join(lab, name), 'utf8').trimEnd()
  }

  /** Leaves this process in a cgroup to which only the memory controller is delegated. */
  function onlyMemoryDelegated(): { inner: string } {
    const inner = join(lab, 'inner')
    mkdirSync(inner)
    enter(inner)
    writeFileSync(join(lab, 'cgroup.subtree_control'), '+memory')
    return { inner }
  }
})

let labs = 0

function enter(cgroup: string): void {
  writeFileSync(join(cgroup, 'cgroup.procs'), '0')
}

function whereWeAre(): string {
  return ownCgroups().find((cgroup) => cgroup.version === 'v2')?.directory ?? ''
}

function whereIs(pid: number): string {
  const pathOf = (process: number | string) =>
    /^0::(.*)$/m.exec(readFileSync(`/proc/${process}/cgroup`, 'utf8'))?.[1] ?? ''
  return whereWeAre().slice(0, -pathOf('self').length) + pathOf(pid)
}

/** A child of this process, in the same cgroup. Killed after the test. */
function startChild(): number {
  const child = spawn('sleep', ['1000'])
  onTestFinished(() => void child.kill('SIGKILL'))
  return child.pid ?? 0
}

/** A process in the same cgroup that is no descendant of this one. Killed after the test. */
async function startStranger(): Promise<number> {
  const parent = spawn('sh', ['-c', 'sleep 1000 >/dev/null 2>&1 & echo $!'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [pid] = await Promise.all([text(parent.stdout).then(Number), once(parent, 'exit')])
  onTestFinished(() => void process.kill(pid, 'SIGKILL'))
  return pid
}

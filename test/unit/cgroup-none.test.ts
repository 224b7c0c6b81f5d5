import process from 'node:process'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openCgroups, runName } from '../../runtime/cgroup/index.ts'
import { limitFilter } from '../../runtime/cgroup/limits.ts'
import { Unavailable } from '../../runtime/cgroup/unavailable.ts'
import type { Event } from '../../runtime/event.ts'
import { isRoot } from '../support/host.ts'

const NOBODY = 65_534

describe.runIf(isRoot)('where no cgroup may be made', () => {
  it('the run goes on without limits, and a Warning says why and what to do', async () => {
    loseRights()
    const { cgroups, events } = open(false)
    const cgroup = cgroups.create('unbounded', { memory: 2 ** 26 })

    expect(cgroups).toMatchObject({ version: 'none', parents: [] })
    expect(cgroup).toMatchObject({ procsFiles: [], limits: {} })
    expect(cgroup.usage()).toEqual({ oomKills: 0 })
    expect(cgroup.processes()).toEqual([])
    await cgroup.remove()
    await cgroups.close()
    expect(events).toEqual([
      {
        type: 'Warning',
        reason: 'MemoryLimitUnavailable',
        // The cures by version of cgroup: v1 cannot be delegated, v2 can.
        message: expect.stringMatching(/EACCES.*(Run as root|systemd-run --user --scope -p Delegate=yes node )/),
      },
    ])
  })

  it('strict runs fail, with the same words', () => {
    loseRights()
    expect(() => open(true)).toThrow(
      expect.objectContaining({ name: 'MydockerError', stage: 'cgroup', errno: 'EACCES', hint: expect.any(String) }),
    )
  })
})

describe('a kind of limit that this host cannot enforce', () => {
  const absent = new Map([['cpu', new Unavailable({ message: 'no cpu controller', hint: 'Delegate it.' })]] as const)

  it('is left out with one Warning, and the others hold', () => {
    const events: Event[] = []
    const keepEnforceable = limitFilter(absent, { ...options(events), strict: false })
    expect(keepEnforceable({ memory: 1, cpu: 500, pids: 5 })).toEqual({ memory: 1, pids: 5 })
    expect(keepEnforceable({ cpu: 100 })).toEqual({})
    expect(events).toEqual([
      { type: 'Warning', reason: 'CpuLimitUnavailable', message: 'no cpu controller. Delegate it.' },
    ])
  })

  it('is an error under strict, if it is asked for', () => {
    const events: Event[] = []
    const keepEnforceable = limitFilter(absent, { ...options(events), strict: true })
    expect(keepEnforceable({ memory: 1, pids: 5 })).toEqual({ memory: 1, pids: 5 })
    expect(() => keepEnforceable({ cpu: 500 })).toThrow('mydocker: cgroup: no cpu controller\n  Delegate it.')
    expect(events).toEqual([])
  })
})

it('a run whose name would lead elsewhere is refused', () => {
  expect(() => openCgroups({ ...options([]), runName: '../escape', strict: false })).toThrow('"../escape"')
})

/** Until the test ends, the kernel treats this process as an ordinary user's. */
function loseRights(): void {
  process.seteuid?.(NOBODY)
  onTestFinished(() => process.seteuid?.(0))
}

function open(strict: boolean) {
  const events: Event[] = []
  return { events, cgroups: openCgroups({ ...options(events), strict }) }
}

function options(events: Event[]) {
  return { runName: runName(), onEvent: (event: Event) => void events.push(event) }
}

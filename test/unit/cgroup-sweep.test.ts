import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { openCgroups, runName, sweepCgroups } from '../../runtime/cgroup/index.ts'
import { isOfDeadRun, startTime } from '../../runtime/cgroup/names.ts'
import type { Event } from '../../runtime/event.ts'
import { Mi, openForTest, startIn, startOwner } from '../support/cgroups.ts'

describe('the name of a run tells that it', () => {
  it('lives, while its process does', () => {
    expect(runName()).toMatch(/^[\w.-]+$/)
    expect(isOfDeadRun(runName())).toBe(false)
  })

  it('is dead when its process is gone', async () => {
    expect(isOfDeadRun(await nameOfDeadRun())).toBe(true)
  })

  it('is dead when its pid belongs to another process by now', () => {
    expect(isOfDeadRun(runName().replace(`.${startTime('self')}.`, '.1.'))).toBe(true)
  })

  it('may be alive where its pid means nothing here, or where the name is of another kind', async () => {
    const dead = await nameOfDeadRun()
    expect(isOfDeadRun(dead.replace(/\d+-/, '1-'))).toBe(false)
    expect(isOfDeadRun(dead.replace('mydocker', 'docker'))).toBe(false)
    expect(isOfDeadRun('mydocker-main')).toBe(false)
  })

  it('is not another run of the same process', () => {
    expect(runName()).not.toBe(runName())
  })
})

it('what a crashed run left is swept, processes included, and nothing else', async (context) => {
  const { cgroups: live } = openForTest(context)
  const { child: living } = await startIn(
    live.create('pod', { memory: 64 * Mi }),
    'sh',
    '-c',
    'echo ready; exec sleep 1000',
  )
  const owner = await startOwner()
  const crashed = openCgroups({ runName: owner.runName, onEvent: () => undefined, strict: true })
  const pod = crashed.create('pod', { memory: 64 * Mi })
  const { child: left } = await startIn(pod, 'sh', '-c', 'echo ready; exec sleep 1000')
  crashed.create('empty', { pids: 5 })
  await sweepCgroups(() => undefined)
  expect(crashed.parents.filter((parent) => !existsSync(parent))).toEqual([])

  const end = once(left, 'exit')
  const events: Event[] = []
  await owner.crash()
  await sweepCgroups((event) => events.push(event))

  expect(await end).toEqual([null, 'SIGKILL'])
  expect(crashed.parents.filter((parent) => existsSync(parent))).toEqual([])
  expect(events.filter((event) => event.type === 'Warning')).toEqual([])
  expect(live.parents.every((parent) => existsSync(parent))).toBe(true)
  expect(living.exitCode ?? living.signalCode).toBeNull()
})

async function nameOfDeadRun(): Promise<string> {
  const owner = await startOwner()
  await owner.crash()
  return owner.runName
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ownCgroups } from '../../runtime/cgroup/hierarchies.ts'
import { removeCgroups } from '../../runtime/cgroup/removal.ts'
import { isRoot } from '../support/host.ts'

// Version 1's freezer makes what is rare otherwise: a process that SIGKILL does not end. (Version 2's lets it.)
const freezer = ownCgroups().find((cgroup) => cgroup.controllers.includes('freezer'))

describe.runIf(isRoot && freezer !== undefined)('a process that cannot be killed', () => {
  it('is named in the error, and no obstacle any more when it can be', async () => {
    const directory = join(freezer?.directory ?? '', `mydocker-test-${process.pid}`)
    mkdirSync(directory)
    const thaw = () => writeFileSync(join(directory, 'freezer.state'), 'THAWED')
    const child = spawn('sleep', ['1000'])
    await once(child, 'spawn')
    writeFileSync(join(directory, 'cgroup.procs'), String(child.pid))
    writeFileSync(join(directory, 'freezer.state'), 'FROZEN')
    onTestFinished(() => {
      child.kill('SIGKILL')
      if (existsSync(directory)) thaw()
    })

    await expect(removeCgroups([directory], 50)).rejects.toThrow(
      `still in it: ${child.pid} (sleep) (${directory}): EBUSY\n  A frozen process must be thawed first`,
    )
    thaw()
    await removeCgroups([directory])
    expect(child.signalCode ?? (await once(child, 'exit'))[1]).toBe('SIGKILL')
  })
})

it('what is removed already is no error', async () => {
  await expect(removeCgroups(['/sys/fs/cgroup/mydocker-test-never-made'])).resolves.toBeUndefined()
})

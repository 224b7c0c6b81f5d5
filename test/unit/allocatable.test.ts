import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { allocatableMemory } from '../../plugin/allocatable.ts'
import { ownCgroups } from '../../runtime/cgroup/hierarchies.ts'
import { Mi, openForTest } from '../support/cgroups.ts'
import { isRoot } from '../support/host.ts'

describe('allocatable memory', () => {
  it('is less than this machine has, since Vitest itself needs some', () => {
    expect(allocatableMemory()).toBeGreaterThan(0)
    expect(allocatableMemory()).toBeLessThan(totalmem())
  })

  // An ordinary user may not move himself back out of a cgroup that was delegated to him.
  it.runIf(isRoot)('is what the tightest cgroup around this process leaves to pods', (context) => {
    const { cgroups } = openForTest(context)
    const home = ownCgroups().map(({ directory }) => join(directory, 'cgroup.procs'))
    const before = allocatableMemory()
    const tight = cgroups.create('tight', { memory: 512 * Mi })
    // The limit is that of a cgroup further up, as in a container of a CI service.
    const inner = tight.procsFiles.map((file) => join(file, '..', 'inner'))
    for (const directory of inner) mkdirSync(directory)
    onTestFinished(() => {
      for (const directory of inner) rmdirSync(directory)
    })

    for (const directory of inner) writeFileSync(join(directory, 'cgroup.procs'), '0')
    const within = allocatableMemory()
    for (const file of home) writeFileSync(file, '0')

    // A quarter is Vitest's own where there is little.
    expect(within).toBe(384 * Mi)
    expect(allocatableMemory()).toBe(before)
  })
})

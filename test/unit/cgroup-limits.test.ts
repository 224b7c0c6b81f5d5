import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { describe, expect, it, type TestContext, vi } from 'vitest'
import type { Cgroup } from '../../runtime/cgroup/index.ts'
import { requireCapability } from '../support/capability.ts'
import { Mi, openForTest, runIn, startIn } from '../support/cgroups.ts'
import { isRoot } from '../support/host.ts'

// Keeps all that it reads until a newline comes, so that its memory grows until something stops it.
const MEMORY_HOG = ['tail', '/dev/zero'] as const

describe('memory', () => {
  it('is limited to what was asked, in whole pages, and says so', (context) => {
    const { cgroups } = openForTest(context)
    expect(cgroups.create('even', { memory: 64 * Mi }).limits.memory).toBe(64 * Mi)
    const odd = cgroups.create('odd', { memory: 64 * Mi + 1 }).limits.memory
    expect(odd).toBeGreaterThan(63 * Mi)
    expect(odd).toBeLessThanOrEqual(64 * Mi)
  })

  it('beyond its limit is an OOM kill, and the peak tells how much it was', async (context) => {
    const { cgroups } = openForTest(context)
    const cgroup = cgroups.create('hog', { memory: 32 * Mi })
    expect(cgroup.usage()).toMatchObject({ oomKills: 0 })

    expect(await runIn(cgroup, ...MEMORY_HOG)).toMatchObject({ signal: 'SIGKILL', errors: '' })

    const { oomKills, memoryPeak } = cgroup.usage()
    expect(oomKills).toBeGreaterThanOrEqual(1)
    // Not available on v2 before Linux 5.19.
    if (memoryPeak !== undefined) expect(memoryPeak / Mi).toBeCloseTo(32, 0)
  })

  it('is not extended by swap, or by as much as was asked for', (context) => {
    const { cgroups, events } = openForTest(context)
    const none = cgroups.create('none', { memory: 64 * Mi })
    const some = cgroups.create('some', { memory: 64 * Mi, swap: 32 * Mi })
    requireCapability(context, events[0]?.message)
    expect(none.limits).toEqual({ memory: 64 * Mi })
    expect(some.limits).toEqual({ memory: 64 * Mi, swap: 32 * Mi })
    // v1 counts memory and swap together, v2 swap alone.
    expect(swapFile(none)).toBe(cgroups.version === 'v1' ? 64 * Mi : 0)
    expect(swapFile(some)).toBe(cgroups.version === 'v1' ? 96 * Mi : 32 * Mi)
  })

  it('of one container is not charged to the next', async (context) => {
    const { cgroups } = openForTest(context)
    const first = cgroups.create('first', { memory: 32 * Mi })
    await runIn(first, ...MEMORY_HOG)
    await first.remove()

    const second = cgroups.create('first', { memory: 32 * Mi })
    expect(await runIn(second, 'echo', 'fine')).toMatchObject({ exitCode: 0, output: 'fine\n' })
    expect(second.usage().oomKills).toBe(0)
    expect(second.usage().memoryPeak ?? 0).toBeLessThan(16 * Mi)
  })

  it('may be without a limit, and is measured all the same', async (context) => {
    const { cgroups } = openForTest(context)
    const cgroup = cgroups.create('unlimited', {})
    await startIn(cgroup, 'sh', '-c', 'echo ready; exec sleep 1000')
    expect(cgroup.limits).toEqual({})
    expect(cgroup.usage().memoryCurrent).toBeGreaterThan(0)
  })
})

describe('processes', () => {
  it('are limited in number', async (context) => {
    const { cgroups, events } = openForTest(context)
    const cgroup = cgroups.create('forks', { pids: 40 })
    requireCapability(context, events[0]?.message)
    expect(cgroup.limits.pids).toBe(40)

    const script = `
      const outcomes = Array.from({ length: 60 }, () => {
        const child = require('node:child_process').spawn('sleep', ['1000'], { stdio: 'ignore' })
        return new Promise((resolve) => child.once('error', (e) => resolve(e.code)).once('spawn', () => resolve('spawned')))
      })
      Promise.all(outcomes).then((all) => console.log([...new Set(all)].sort().join()))`
    const { line } = await startIn(cgroup, process.execPath, '-e', script)

    expect(line).toBe('EAGAIN,spawned')
    expect(cgroup.processes().length).toBeLessThanOrEqual(40)
    expect(cgroup.excess().pidsRefused).toBeGreaterThanOrEqual(1)
  })

  it('are listed by their pids', async (context) => {
    const { cgroups } = openForTest(context)
    const cgroup = cgroups.create('listed', { memory: 64 * Mi, pids: 16 })
    expect(cgroup.processes()).toEqual([])
    const { child } = await startIn(cgroup, 'sh', '-c', 'echo ready; exec sleep 1000')
    expect(cgroup.processes()).toEqual([child.pid])
  })

  it('that stay are killed with the cgroup', async (context) => {
    const { cgroups } = openForTest(context)
    const cgroup = cgroups.create('stragglers', { memory: 64 * Mi })
    const { child } = await startIn(
      cgroup,
      'sh',
      '-c',
      'trap "" TERM; sleep 1000 & setsid sleep 1000 & echo ready; wait',
    )
    expect(cgroup.processes()).toHaveLength(3)

    await cgroup.remove()

    expect(
      child.signalCode ?? (await new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)))),
    ).toBe('SIGKILL')
    expect(cgroup.procsFiles.filter((file) => existsSync(file))).toEqual([])
    await expect(cgroup.remove()).resolves.toBeUndefined()
  })
})

describe('CPU', () => {
  // The last one is less than a millisecond in the usual period of 100 ms.
  it.for([500, 2500, 5])('of %i millicores is in force as such', (cpu, context) => {
    expect(createWithCpu(context, cpu).limits.cpu).toBe(cpu)
  })

  it('is throttled beyond its limit, and its time is counted', async (context) => {
    const cgroup = createWithCpu(context, 500)
    expect(cgroup.excess()).toMatchObject({ throttledMicroseconds: 0, throttledShare: 0 })
    await startIn(cgroup, 'sh', '-c', 'echo ready; while :; do :; done')
    // The kernel adds the time up when a new period begins.
    await vi.waitUntil(() => Number(cgroup.excess().throttledMicroseconds) > 0, { timeout: 30_000 })
    // It is throttled when it has used its share of a period of 100 ms.
    expect(cgroup.usage().cpuMicroseconds).toBeGreaterThanOrEqual(50_000)
    const { throttledShare } = cgroup.excess()
    expect(throttledShare).toBeGreaterThan(0)
    expect(throttledShare).toBeLessThanOrEqual(1)
  })

  it('of a request is a weight, and no limit', (context) => {
    const { cgroups, events } = openForTest(context)
    const cgroup = cgroups.create('weight', { cpuRequest: 500 })
    const missing = events[0]?.message
    if (missing !== undefined && !isRoot) context.skip(missing)
    requireCapability(context, missing)
    expect(cgroup.limits).toEqual({ cpuRequest: 500 })
    const weights = readEach(cgroup, cgroups.version === 'v1' ? 'cpu.shares' : 'cpu.weight')
    expect(weights).toEqual([cgroups.version === 'v1' ? '512' : '20'])
  })
})

it('a container of a name that is in use is an error that leaves the first one alone', async (context) => {
  const { cgroups } = openForTest(context)
  const cgroup = cgroups.create('same', { memory: 64 * Mi })
  expect(() => cgroups.create('same', {})).toThrow(/cannot make a cgroup .*EEXIST\n {2}The name is in use/)
  expect(await runIn(cgroup, 'echo', 'fine')).toMatchObject({ output: 'fine\n' })
})

it('a limit that the kernel refuses is an error that leaves nothing', (context) => {
  const { cgroups } = openForTest(context)
  expect(() => cgroups.create('refused', { memory: -4096 })).toThrow(/cgroup: .*limit/)
  expect(cgroups.parents.filter((parent) => existsSync(join(parent, 'refused')))).toEqual([])
})

it('closing a run removes all that is left of it', async (context) => {
  const { cgroups } = openForTest(context)
  await startIn(cgroups.create('left', { memory: 64 * Mi }), 'sh', '-c', 'echo ready; exec sleep 1000')
  cgroups.create('empty', {})
  await cgroups.close()
  expect(cgroups.parents.filter((parent) => existsSync(parent))).toEqual([])
})

function createWithCpu(context: TestContext, cpu: number): Cgroup {
  const { cgroups, events } = openForTest(context)
  const cgroup = cgroups.create('cpu', { cpu })
  const missing = events[0]?.message
  // Login sessions delegate memory and pids only, so an ordinary user need not have it.
  if (missing !== undefined && !isRoot) context.skip(missing)
  requireCapability(context, missing)
  return cgroup
}

function swapFile(cgroup: Cgroup): number {
  return Number([...readEach(cgroup, 'memory.memsw.limit_in_bytes'), ...readEach(cgroup, 'memory.swap.max')][0])
}

/** A file of those of its directories that have it. */
function readEach(cgroup: Cgroup, name: string): string[] {
  return cgroup.procsFiles
    .map((file) => join(dirname(file), name))
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, 'utf8').trim())
}

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readExcess, setLimits } from '../../runtime/cgroup/v2.ts'

const Mi = 2 ** 20

/** A directory with files of these contents, as the kernel makes them; those that are to be written are empty. */
function cgroupWith(files: Readonly<Record<string, string>>) {
  const directory = mkdtempSync(join(tmpdir(), 'mydocker-cgroup-v2-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content)
  return { directory, read: (name: string) => readFileSync(join(directory, name), 'utf8') }
}

const MEMORY = { 'memory.oom.group': '', 'memory.max': '', 'memory.swap.max': '' }

describe('limits on cgroup v2', () => {
  test('are a file each', () => {
    const files = { ...MEMORY, 'cpu.weight': '', 'cpu.max': '', 'pids.max': '' }
    const { directory, read } = cgroupWith(files)
    const limits = { memory: 64 * Mi, swap: 32 * Mi, cpu: 500, cpuRequest: 250, pids: 40 }
    expect(setLimits(directory, limits)).toEqual(limits)
    expect(Object.fromEntries(Object.keys(files).map((name) => [name, read(name)]))).toEqual({
      'memory.oom.group': '1',
      'memory.max': `${64 * Mi}`,
      'memory.swap.max': `${32 * Mi}`,
      'cpu.weight': '10',
      'cpu.max': '50000 100000',
      'pids.max': '40',
    })
  })

  test('of memory leave no swap, and without a request a container has the least weight', () => {
    const { directory, read } = cgroupWith({ ...MEMORY, 'cpu.weight': '' })
    expect(setLimits(directory, { memory: 64 * Mi })).toEqual({ memory: 64 * Mi })
    expect(read('memory.swap.max')).toBe('0')
    expect(read('cpu.weight')).toBe('1')
  })

  test('need no controller but that of memory, nor a kernel with swap', () => {
    const { directory, read } = cgroupWith({ 'memory.oom.group': '', 'memory.max': '' })
    expect(setLimits(directory, { memory: 64 * Mi })).toEqual({ memory: 64 * Mi })
    expect(read('memory.max')).toBe(`${64 * Mi}`)
  })
})

describe('what limits did on cgroup v2', () => {
  test('is told of those that there are', () => {
    const { directory } = cgroupWith({
      'cpu.stat': 'usage_usec 9\nnr_periods 10\nnr_throttled 4\nthrottled_usec 70000\n',
      'pids.events': 'max 3\n',
    })
    const all = { throttledMicroseconds: 70_000, throttledShare: 0.4, pidsRefused: 3 }
    expect(readExcess(directory, { cpu: 500, pids: 40 })).toEqual(all)
    expect(readExcess(directory, {})).toEqual({})
  })
})

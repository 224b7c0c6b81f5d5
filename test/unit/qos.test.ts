import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { excesses } from '../../plugin/excess.ts'
import { oomScoreAdjust, qosClass } from '../../plugin/qos.ts'
import { cpuShares, cpuWeight, throttling } from '../../runtime/cgroup/limits.ts'
import type { ContainerStatus } from '../../runtime/spec.ts'

const Gi = 2 ** 30

describe('QoS classes', () => {
  test.each([
    ['nothing is set', 'BestEffort', {}, {}],
    ['all is set and equal', 'Guaranteed', { memory: Gi, cpu: 500 }, { memory: Gi, cpu: 500 }],
    ['all is set and different', 'Burstable', { memory: Gi, cpu: 500 }, { memory: Gi, cpu: 1000 }],
    ['a limit is set', 'Burstable', {}, { memory: Gi }],
    ['a request is set', 'Burstable', { cpu: 500 }, {}],
    ['CPU is not set', 'Burstable', { memory: Gi }, { memory: Gi }],
    ['only limits are set', 'Burstable', {}, { memory: Gi, cpu: 500 }],
  ] as const)('%s: %s', (_what, expected, requests, limits) => {
    expect(qosClass({ requests, limits })).toBe(expected)
  })
})

describe('the OOM score', () => {
  const machine = { memory: 8 * Gi, ownScore: 0 }

  test('is Kubernetes’ by class and request', () => {
    expect(oomScoreAdjust('BestEffort', 0, machine)).toBe(1000)
    expect(oomScoreAdjust('Burstable', Gi, machine)).toBe(875)
    expect(oomScoreAdjust('Burstable', 0, machine)).toBe(999)
  })

  test('of a pod is never below that of Vitest, which nobody may lower', () => {
    expect(oomScoreAdjust('Guaranteed', Gi, machine)).toBe(100)
    expect(oomScoreAdjust('Burstable', 8 * Gi, { ...machine, ownScore: 300 })).toBe(400)
    expect(oomScoreAdjust('Guaranteed', Gi, { ...machine, ownScore: 1000 })).toBe(1000)
  })
})

describe('CPU requests', () => {
  test.each([
    [0, 2, 1],
    [1, 2, 1],
    [100, 102, 4],
    [500, 512, 20],
    [1000, 1024, 39],
    [256_000, 262_144, 10_000],
    [999_000, 262_144, 10_000],
  ])('of %i millicores are %i shares of v1 and weight %i of v2', (request, shares, weight) => {
    expect(cpuShares(request)).toBe(shares)
    expect(cpuWeight(request)).toBe(weight)
  })
})

describe('throttling', () => {
  test.each([
    ['v1', 'throttled_time', 1e-3, 'nr_periods 8\nnr_throttled 6\nthrottled_time 1500000000\n'],
    ['v2', 'throttled_usec', 1, 'usage_usec 9\nnr_periods 8\nnr_throttled 6\nthrottled_usec 1500000\nnr_bursts 0\n'],
  ] as const)('is read from the cpu.stat of %s', (_version, key, unit, text) => {
    const directory = mkdtempSync(join(tmpdir(), 'mydocker-cpu-stat-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    writeFileSync(join(directory, 'cpu.stat'), text)
    const expected = { throttledMicroseconds: 1_500_000, throttledShare: 0.75 }
    expect(throttling(join(directory, 'cpu.stat'), key, unit)).toEqual(expected)
  })
})

describe('what a limit has to do with a failure', () => {
  const status = { reason: 'Completed' } as ContainerStatus
  const limits = { cpu: 500, pids: 20 }

  test('is told with the limit, the number and the cure', () => {
    const told = excesses('a.test.ts', limits, {
      ...status,
      pidsRefused: 3,
      throttledShare: 0.75,
      throttledMicroseconds: 1_500_000,
    })
    expect(told.map(({ type, reason }) => `${type} ${reason}`)).toEqual([
      'Warning PidsLimitReached',
      'Warning CPUThrottled',
    ])
    expect(told[0]?.message).toBe(
      'a.test.ts had 20 processes and threads, its limit, and was refused 3 more (EAGAIN). Raise it with resources.limits.pids, in an override, or with // @mydocker limits.pids=40 in the file',
    )
    expect(told[1]?.message).toBe(
      'a.test.ts wanted more than its CPU limit 500m in 75 % of its time and was held up for 1.5 s. Raise it with resources.limits.cpu, in an override, or with // @mydocker limits.cpu=1 in the file',
    )
  })

  test('is nothing where the file kept within it', () => {
    expect(excesses('a.test.ts', limits, { ...status, pidsRefused: 0, throttledShare: 0.1 })).toEqual([])
    expect(excesses('a.test.ts', limits, status)).toEqual([])
  })
})

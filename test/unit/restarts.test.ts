import { describe, expect, it } from 'vitest'
import type { PodSpec } from '../../plugin/pod-spec.ts'
import { enoughSentence, nextSpec } from '../../plugin/restarts.ts'
import { podSpec } from '../support/pod-spec.ts'

const Mi = 2 ** 20

function spec(memory: number, request: number, memoryBackoff?: number): PodSpec {
  return podSpec({ limits: { memory, pids: 512 }, requests: { memory: request }, memoryBackoff })
}

describe('memoryBackoff', () => {
  it('raises the limit after an OOM kill only', () => {
    expect(nextSpec(spec(128 * Mi, 64 * Mi, 2), { reason: 'OOMKilled' }, 2 ** 40).limits.memory).toBe(256 * Mi)
    expect(nextSpec(spec(128 * Mi, 64 * Mi, 2), { reason: 'Error' }, 2 ** 40).limits.memory).toBe(128 * Mi)
    expect(nextSpec(spec(128 * Mi, 64 * Mi), { reason: 'OOMKilled' }, 2 ** 40).limits.memory).toBe(128 * Mi)
  })

  it('stops at what there is, and takes nothing away', () => {
    expect(nextSpec(spec(128 * Mi, 64 * Mi, 4), { reason: 'OOMKilled' }, 200 * Mi).limits.memory).toBe(200 * Mi)
    expect(nextSpec(spec(128 * Mi, 64 * Mi, 4), { reason: 'OOMKilled' }, 100 * Mi).limits.memory).toBe(128 * Mi)
  })

  it('keeps a request that is equal to the limit so', () => {
    const next = nextSpec(spec(128 * Mi, 128 * Mi, 2), { reason: 'OOMKilled' }, 2 ** 40)
    expect(next.requests.memory).toBe(256 * Mi)
  })
})

it('says which limit would have been enough, never less than a worker needs', () => {
  const attempt = {
    number: 2,
    outcome: 'passed',
    times: { pending: 0 },
    tests: { passed: 1, failed: 0, skipped: 0 },
    leftBehind: [],
    connectionsRefused: [],
    deniedCalls: [],
    memoryLimit: 256 * Mi,
  } as const
  expect(enoughSentence('a.test.ts', 128 * Mi, { ...attempt, peakMemory: 150 * Mi })).toMatchInlineSnapshot(
    `"a.test.ts was OOM killed with limits.memory 128Mi and has passed with 256Mi (peak 150Mi); 173Mi would have been enough: // @mydocker limits.memory=173Mi"`,
  )
  expect(enoughSentence('a.test.ts', 64 * Mi, { ...attempt, peakMemory: 10 * Mi })).toContain('limits.memory=64Mi')
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findMinimumMemory } from '../../plugin/flaky/minimum-memory.ts'

const MIB = 2 ** 20
const to = 1024 * MIB

/** A file that passes with as much, or by chance with less. */
const needs = (bytes: number) => async (limit: number) => limit >= bytes

describe('the smallest memory limit of a file', () => {
  test('is within one step of what it needs, and has stood enough runs for the confidence that is told', () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 40, max: 1000 }), fc.integer({ min: 0, max: 1200 }), async (need, hint) => {
        const runs = new Map<number, number>()
        const probe = async (limit: number) => {
          runs.set(limit, (runs.get(limit) ?? 0) + 1)
          return limit >= need * MIB
        }
        const found = await findMinimumMemory({ probe, to, hint: hint * MIB })
        const expected = Math.max(64, Math.ceil(need / 4) * 4) * MIB
        expect(found).toMatchObject({ limit: expected, passed: 29, runs: 29, confidence: 0.95, failureRate: 0.1 })
        expect(runs.get(expected)).toBeGreaterThanOrEqual(29)
        if (expected > 64 * MIB) expect(found?.tooSmall).toBe(expected - 4 * MIB)
        expect([...runs.values()].reduce((a, b) => a + b)).toBeLessThan(29 + 60)
      }),
    ))

  test('what is recommended has a margin, is round, and is not more than the file has now', async () => {
    const found = await findMinimumMemory({ probe: needs(100 * MIB), to })
    expect(found?.recommended).toBe(128 * MIB)
    const tight = await findMinimumMemory({ probe: needs(100 * MIB), to: 110 * MIB })
    expect(tight?.recommended).toBe(110 * MIB)
  })

  test('a limit that only most runs stand is too small', async () => {
    let runs = 0
    // Between 120 and 160 MiB every eighth run fails.
    const probe = async (limit: number) => limit >= 160 * MIB || (limit >= 120 * MIB && ++runs % 8 !== 0)
    const found = await findMinimumMemory({ probe, to })
    expect(found?.limit).toBe(160 * MIB)
  })

  test('there is none for a file that fails whatever it has', async () => {
    expect(await findMinimumMemory({ probe: async () => false, to })).toBeUndefined()
    let runs = 0
    expect(await findMinimumMemory({ probe: async () => ++runs % 5 !== 0, to })).toBeUndefined()
  })

  test('runs that say nothing are not taken for either, and do not go on for ever', async () => {
    let runs = 0
    const found = await findMinimumMemory({
      probe: async (limit) => (++runs % 3 === 0 ? undefined : limit >= 70 * MIB),
      to,
    })
    expect(found?.limit).toBe(72 * MIB)
    expect(await findMinimumMemory({ probe: async () => undefined, to })).toBeUndefined()
  })
})

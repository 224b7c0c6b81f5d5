import { describe, expect, test } from 'vitest'
import type { PoolRun, Soaked } from '../soak/results.ts'
import { isFlat, verdict } from '../soak/verdict.ts'
import type { Machine } from '../support/machine.ts'

const host: Machine = { date: '', cores: 2, cpu: '', memoryBytes: 0, kernel: '', load: 0 }
const RERUNS = 100
const MiB = 2 ** 20

/** Re-runs of 100 files each. @param figure of one series, by the number of the re-run */
function soaked(name: string, figure: (rerun: number) => number, forks?: (rerun: number) => number): Soaked {
  const run = (pool: PoolRun['pool'], of: (rerun: number) => number): PoolRun => ({
    pool,
    samples: Array.from({ length: RERUNS }, (_, index) => ({
      phase: 'pods',
      pods: (index + 1) * 100,
      edits: 0,
      figures: { [name]: of(index) },
    })),
    failures: [],
    complete: true,
  })
  const peer = forks === undefined ? {} : { forks: run('forks', forks) }
  return { host, vitest: '5.1', node: 24, files: 100, mydocker: run('mydocker', figure), ...peer }
}

function held(given: Soaked): boolean {
  return isFlat(given, verdict(given))
}

describe('the verdict of a soak', () => {
  test('holds what stays the same, whatever comes first and whatever happens once', () => {
    expect(held(soaked('main.descriptors', (rerun) => (rerun < 10 ? rerun : 45)))).toBe(true)
    expect(held(soaked('mounts', (rerun) => (rerun > 80 && rerun < 90 ? 30 : 20)))).toBe(true)
  })

  test('does not hold one more descriptor in a thousand pods', () => {
    const given = soaked('main.descriptors', (rerun) => 45 + rerun / 10)
    expect(held(given)).toBe(false)
    expect(verdict(given)[0]?.perThousand).toBeCloseTo(1)
  })

  test('allows memory that forks needs too, and no more', () => {
    const line = (perThousand: number) => (rerun: number) => 80 * MiB + (rerun / 10) * perThousand * MiB
    expect(held(soaked('heap', line(2), line(2)))).toBe(true)
    expect(held(soaked('heap', line(2), line(1)))).toBe(false)
    expect(held(soaked('heap', line(2)))).toBe(false)
  })

  test('does not hold a soak that failed, was ended, or saw nothing', () => {
    const given = soaked('main.descriptors', () => 45)
    const { mydocker } = given
    expect(held({ ...given, mydocker: { ...mydocker, failures: ['edit 3: …'] } })).toBe(false)
    expect(held({ ...given, mydocker: { ...mydocker, complete: false } })).toBe(false)
    expect(held(soaked('unknown', () => 45))).toBe(false)
  })
})

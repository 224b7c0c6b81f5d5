import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { benjaminiHochberg, difference, fisherExact, rate } from '../../plugin/flaky/statistics.ts'

describe('statistics, against published figures', () => {
  test('Clopper–Pearson: 0 of 30, 10 of 10, 5 of 20', () => {
    expect(rate(0, 30)).toMatchObject({ estimate: 0, low: 0 })
    expect(rate(0, 30).high).toBeCloseTo(0.1157, 4)
    expect(rate(10, 10).low).toBeCloseTo(0.6915, 4)
    expect(rate(10, 10).high).toBe(1)
    // binom.test(5, 20) of R.
    expect(rate(5, 20).low).toBeCloseTo(0.0866, 4)
    expect(rate(5, 20).high).toBeCloseTo(0.491, 4)
  })

  test('Fisher: the lady tasting tea, and a table of R’s manual', () => {
    // fisher.test(matrix(c(3, 1, 1, 3), 2)): p = 0.4857
    expect(fisherExact(rate(3, 4), rate(1, 4))).toBeCloseTo(0.4857, 4)
    // Convictions of twins, fisher.test: p = 0.0005367
    expect(fisherExact(rate(2, 17), rate(10, 13))).toBeCloseTo(0.0005367, 6)
    expect(fisherExact(rate(10, 10), rate(0, 14))).toBeCloseTo(5.1e-7, 8)
  })

  test('Newcombe: method 10 for 56/70 and 48/80', () => {
    const { estimate, low, high } = difference(rate(56, 70), rate(48, 80))
    expect(estimate).toBeCloseTo(0.2, 6)
    expect(low).toBeCloseTo(0.0524, 4)
    expect(high).toBeCloseTo(0.3339, 4)
  })

  test('Benjamini–Hochberg: as p.adjust of R', () => {
    const adjusted = benjaminiHochberg([0.01, 0.04, 0.03, 0.005])
    expect(adjusted.map((p) => Number(p.toFixed(4)))).toEqual([0.02, 0.04, 0.04, 0.02])
    expect(benjaminiHochberg([])).toEqual([])
  })

  test('an interval contains its estimate, and a p-value is a probability', () =>
    fc.assert(
      fc.property(
        fc.nat(60),
        fc.nat(60),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 60 }),
        (a, b, n, m) => {
          const [first, second] = [rate(Math.min(a, n), n), rate(Math.min(b, m), m)]
          expect(first.low <= first.estimate && first.estimate <= first.high).toBe(true)
          const p = fisherExact(first, second)
          expect(p > 0 && p <= 1).toBe(true)
          expect(fisherExact(second, first)).toBeCloseTo(p, 9)
          const between = difference(first, second)
          expect(between.low <= between.estimate + 1e-12 && between.estimate <= between.high + 1e-12).toBe(true)
        },
      ),
    ))
})

import { afterEach, expect, test, vi } from 'vitest'

// The spy is restored whatever happens.
afterEach(() => vi.restoreAllMocks())

test('fails when the clock is broken', () => {
  vi.spyOn(performance, 'now').mockReturnValue(Number.NaN)
  expect(performance.now()).toBeNaN()
})

test('knows the time', () => {
  expect(performance.now()).toBeGreaterThan(0)
})

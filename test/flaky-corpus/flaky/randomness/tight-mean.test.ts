import { expect, test } from 'vitest'

// A tolerance of one standard deviation.
test('is fair', () => {
  let heads = 0
  for (let i = 0; i < 1000; i++) if (Math.random() < 0.5) heads++
  expect(Math.abs(heads - 500)).toBeLessThan(16)
})

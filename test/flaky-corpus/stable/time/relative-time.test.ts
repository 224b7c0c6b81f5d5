import { expect, test } from 'vitest'

// A wide tolerance, and of the same clock.
test('was created a moment ago', () => {
  const created = Date.now()
  const age = Date.now() - created
  expect(age).toBeGreaterThanOrEqual(0)
  expect(age).toBeLessThan(60_000)
})

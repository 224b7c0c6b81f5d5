import { expect, test } from 'vitest'

// Ten standard deviations of room.
test('is about one half on average', () => {
  const count = 10_000
  let sum = 0
  for (let i = 0; i < count; i++) sum += Math.random()
  const deviation = Math.sqrt(1 / 12 / count)
  expect(Math.abs(sum / count - 0.5)).toBeLessThan(10 * deviation)
})

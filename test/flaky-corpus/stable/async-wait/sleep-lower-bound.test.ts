import { expect, test } from 'vitest'

// Only the lower bound is asserted, with a millisecond for rounding of timers.
test('sleeps at least as long as it says', async () => {
  const begin = performance.now()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(performance.now() - begin).toBeGreaterThanOrEqual(49)
})

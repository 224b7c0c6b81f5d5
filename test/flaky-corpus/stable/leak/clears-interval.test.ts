import { expect, test, vi } from 'vitest'

// The interval is cleared, and that it stays so is awaited on the same clock.
test('stops ticking', async () => {
  let ticks = 0
  const timer = setInterval(() => ticks++, 2)
  await vi.waitFor(() => expect(ticks).toBeGreaterThan(2), { timeout: 4000 })
  clearInterval(timer)
  const before = ticks
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(ticks).toBe(before)
})

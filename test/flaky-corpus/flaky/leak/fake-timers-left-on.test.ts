import { expect, test, vi } from 'vitest'

// Fake timers stay on for whoever comes next.
test('waits for a moment', async () => {
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect(vi.isFakeTimers()).toBe(false)
}, 1500)

test('jumps ahead', () => {
  vi.useFakeTimers()
  const call = vi.fn()
  setTimeout(call, 1000)
  vi.advanceTimersByTime(1000)
  expect(call).toHaveBeenCalled()
})

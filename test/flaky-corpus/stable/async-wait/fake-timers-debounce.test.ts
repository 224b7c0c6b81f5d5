import { expect, test, vi } from 'vitest'

// Time is faked, so nothing has to be quick.
function debounce(call: () => void, ms: number): () => void {
  let timer: NodeJS.Timeout | undefined
  return () => {
    clearTimeout(timer)
    timer = setTimeout(call, ms)
  }
}

test('calls once after a burst', () => {
  vi.useFakeTimers()
  const call = vi.fn()
  const debounced = debounce(call, 300)
  for (let i = 0; i < 5; i++) debounced()
  vi.advanceTimersByTime(299)
  expect(call).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(call).toHaveBeenCalledTimes(1)
  vi.useRealTimers()
})

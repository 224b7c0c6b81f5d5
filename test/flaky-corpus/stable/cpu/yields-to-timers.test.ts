import { expect, test } from 'vitest'

// Yields by setImmediate until the timer has run.
test('lets timers run during long work', async () => {
  let ticked = false
  setTimeout(() => {
    ticked = true
  }, 5)
  while (!ticked) await new Promise((resolve) => setImmediate(resolve))
  expect(ticked).toBe(true)
})

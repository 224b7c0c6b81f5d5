import { expect, test } from 'vitest'

// performance.now never goes back.
test('measures with a monotonic clock', async () => {
  const marks = [performance.now()]
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setTimeout(resolve, 1))
    marks.push(performance.now())
  }
  expect(marks).toEqual(marks.toSorted((a, b) => a - b))
})

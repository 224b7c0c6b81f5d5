import { expect, test } from 'vitest'

// Counts on a fixed number of frames whose length varies.
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('has faded out', async () => {
  let opacity = 1
  for (let frame = 0; frame < 5; frame++) {
    const begin = performance.now()
    await sleep(2 + Math.random() * 8)
    opacity -= (performance.now() - begin) / 27
  }
  expect(opacity).toBeLessThanOrEqual(0)
})

import { expect, test } from 'vitest'

// Bounds that hold for every draw.
const jitter = (delay: number) => delay / 2 + (Math.random() * delay) / 2

test('waits between half and all of the delay', () => {
  for (let i = 0; i < 1000; i++) {
    const delay = jitter(100)
    expect(delay >= 50 && delay <= 100).toBe(true)
  }
})

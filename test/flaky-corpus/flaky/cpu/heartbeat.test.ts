import { pbkdf2Sync } from 'node:crypto'
import { expect, test } from 'vitest'

// Counts heartbeats within a fixed time.
const work = (rounds: number) => pbkdf2Sync('password', 'salt', rounds, 32, 'sha256')

test('sends its heartbeats', async () => {
  let beats = 0
  const end = performance.now() + 300
  while (performance.now() < end) {
    work(60_000)
    beats++
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  expect(beats).toBeGreaterThanOrEqual(6)
})

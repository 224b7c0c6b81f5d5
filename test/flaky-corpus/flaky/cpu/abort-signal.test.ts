import { pbkdf2Sync } from 'node:crypto'
import { expect, test } from 'vitest'

// The deadline is three times what the work takes.
const work = (rounds: number) => pbkdf2Sync('password', 'salt', rounds, 32, 'sha256')

test('answers before it is aborted', async () => {
  const signal = AbortSignal.timeout(350)
  for (let step = 0; step < 8; step++) {
    work(30_000)
    await new Promise((resolve) => setTimeout(resolve, 1))
    signal.throwIfAborted()
  }
  expect(signal.aborted).toBe(false)
})

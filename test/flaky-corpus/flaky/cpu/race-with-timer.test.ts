import { pbkdf2Sync } from 'node:crypto'
import { expect, test } from 'vitest'

// Races work against a timer.
const work = (rounds: number) => pbkdf2Sync('password', 'salt', rounds, 32, 'sha256')

test('renders before the fallback', async () => {
  const fallback = new Promise((resolve) => setTimeout(() => resolve('fallback'), 300))
  const render = async () => {
    for (let part = 0; part < 8; part++) {
      work(24_000)
      await new Promise((resolve) => setImmediate(resolve))
    }
    return 'rendered'
  }
  expect(await Promise.race([fallback, render()])).toBe('rendered')
})

import { pbkdf2Sync } from 'node:crypto'
import { expect, test } from 'vitest'

// A bound on the wall-clock time of pure work.
const work = (rounds: number) => pbkdf2Sync('password', 'salt', rounds, 32, 'sha256')

test('hashes a password quickly', () => {
  const begin = performance.now()
  work(180_000)
  expect(performance.now() - begin).toBeLessThan(250)
})

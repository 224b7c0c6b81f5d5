import { pbkdf2Sync } from 'node:crypto'
import { expect, test } from 'vitest'

// Frames per second depend on who draws.
const work = (rounds: number) => pbkdf2Sync('password', 'salt', rounds, 32, 'sha256')

test('draws fluently', async () => {
  const begin = performance.now()
  for (let frame = 0; frame < 10; frame++) {
    work(18_000)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  const framesPerSecond = 10_000 / (performance.now() - begin)
  expect(framesPerSecond).toBeGreaterThan(35)
})

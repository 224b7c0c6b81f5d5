import { pbkdf2Sync } from 'node:crypto'
import { expect, test, vi } from 'vitest'

// vi.waitFor gives up after its default of one second.
const work = (rounds: number) => pbkdf2Sync('password', 'salt', rounds, 32, 'sha256')

test('reaches the ready state', async () => {
  let ready = false
  const prepare = async () => {
    for (let step = 0; step < 20; step++) {
      work(30_000)
      await new Promise((resolve) => setImmediate(resolve))
    }
    ready = true
  }
  void prepare()
  await vi.waitFor(() => expect(ready).toBe(true))
})

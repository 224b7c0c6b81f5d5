import { expect, test } from 'vitest'

// The deadline is for a hang; with a tenth of a core there is still room.
test('answers within its generous deadline', async () => {
  const deadline = AbortSignal.timeout(30_000)
  const work = async (): Promise<number> => {
    let sum = 0
    for (let i = 0; i < 20; i++) {
      await new Promise((resolve) => setTimeout(resolve, 2))
      deadline.throwIfAborted()
      sum += i
    }
    return sum
  }
  expect(await work()).toBe(190)
}, 60_000)

import { expect, test } from 'vitest'

// Accepts each of the winners.
test('takes whichever mirror is first', async () => {
  const mirror = async (name: string): Promise<string> => {
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 10))
    return name
  }
  const winner = await Promise.any(['a', 'b'].map(mirror))
  expect(['a', 'b']).toContain(winner)
})

import { expect, test } from 'vitest'

// The back-off is awaited; only the number of attempts is asserted.
async function retry<T>(attempts: number, run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run()
    } catch (error) {
      if (attempt === attempts) throw error
      await new Promise((resolve) => setTimeout(resolve, 5 * attempt))
    }
  }
}

test('gives up after three attempts', async () => {
  let calls = 0
  await expect(
    retry(3, async () => {
      calls++
      throw new Error('down')
    }),
  ).rejects.toThrow('down')
  expect(calls).toBe(3)
})

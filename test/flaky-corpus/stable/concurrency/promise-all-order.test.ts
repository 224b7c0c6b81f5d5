import { expect, test } from 'vitest'

// Promise.all returns results by position, whichever is first.
test('keeps the order of its inputs', async () => {
  const delayed = async (value: number): Promise<number> => {
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 20))
    return value
  }
  expect(await Promise.all([3, 1, 2].map(delayed))).toEqual([3, 1, 2])
})

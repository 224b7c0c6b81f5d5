import { expect, test } from 'vitest'

// Arrival order does not matter.
test('sorts before it compares', async () => {
  const arrived: number[] = []
  await Promise.all(
    [1, 2, 3, 4].map(async (value) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 10))
      arrived.push(value)
    }),
  )
  expect(arrived.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4])
})

import { expect, test } from 'vitest'

// Compares sets.
test('finds the same tags', async () => {
  const found = new Set<string>()
  await Promise.all(
    ['a', 'b', 'c'].map(async (tag) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 10))
      found.add(tag)
    }),
  )
  expect(found).toEqual(new Set(['c', 'a', 'b']))
})

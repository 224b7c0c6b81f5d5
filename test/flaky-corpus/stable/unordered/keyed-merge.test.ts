import { expect, test } from 'vitest'

// Results are looked up by their key.
test('merges results by key', async () => {
  const fetched: Record<string, number> = {}
  await Promise.all(
    Object.entries({ x: 1, y: 2 }).map(async ([key, value]) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 5))
      fetched[key] = value
    }),
  )
  expect(fetched).toEqual({ y: 2, x: 1 })
})

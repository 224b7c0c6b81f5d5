import { expect, test } from 'vitest'

// Parts and their concatenation are in memory together.
test('joins uploaded parts', () => {
  const parts = Array.from({ length: 5 }, (_, index) => Buffer.alloc(10 * 2 ** 20, index))
  expect(Buffer.concat(parts)).toHaveLength(50 * 2 ** 20)
})

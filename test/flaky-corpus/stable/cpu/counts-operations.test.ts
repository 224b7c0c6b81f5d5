import { expect, test } from 'vitest'

// Counts operations instead of measuring time.
test('is linear', () => {
  const operations = (size: number): number => {
    let count = 0
    for (const _each of Array.from({ length: size })) count++
    return count
  }
  expect(operations(2000) / operations(1000)).toBe(2)
})

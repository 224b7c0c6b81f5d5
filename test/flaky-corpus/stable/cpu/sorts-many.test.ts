import { expect, test } from 'vitest'

// Asserts the result, not how long it took.
test('sorts a large list', () => {
  const list = Array.from({ length: 20_000 }, (_, index) => (index * 7919) % 20_011)
  const sorted = list.toSorted((a, b) => a - b)
  expect(sorted.every((each, index) => index === 0 || each >= (sorted[index - 1] ?? 0))).toBe(true)
}, 60_000)

import { expect, test } from 'vitest'

// Two images of 75 MiB each.
test('compares two images', () => {
  const [first, second] = [Buffer.alloc(75 * 2 ** 20, 1), Buffer.alloc(75 * 2 ** 20, 1)]
  expect(first.equals(second)).toBe(true)
})

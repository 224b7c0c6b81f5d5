import { expect, test } from 'vitest'

// Ten megabytes are there everywhere.
test('fills a buffer', () => {
  const buffer = Buffer.alloc(10 * 2 ** 20, 7)
  expect(buffer.at(-1)).toBe(7)
})

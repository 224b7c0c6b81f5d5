import { expect, test } from 'vitest'

// Seconds since 1970 do not fit into 31 bits for ever.
test('packs a time stamp', () => {
  const seconds = Math.floor(Date.now() / 1000)
  expect(seconds | 0).toBe(seconds)
})

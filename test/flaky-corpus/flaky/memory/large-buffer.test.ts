import { expect, test } from 'vitest'

// The image takes 90 MiB.
test('decodes a large image', () => {
  const pixels = Buffer.alloc(90 * 2 ** 20, 3)
  expect(pixels.at(-1)).toBe(3)
})

import { expect, test } from 'vitest'

test('decodes a photo of 90 MiB', () => {
  const pixels = Buffer.alloc(90 * 2 ** 20, 3)
  expect(pixels.at(-1)).toBe(3)
})

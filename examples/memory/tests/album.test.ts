import { expect, test } from 'vitest'
import { blank, type Image, shrink } from '../src/image.ts'

test('one page', () => {
  expect(shrink(blank(100, 100), 10).width).toBe(10)
})

test('a whole album', () => {
  // Everything at once, where one page after the other would do: 50 images of 8 MB.
  const originals: Image[] = []
  while (originals.length < 50) originals.push(blank(1920, 1080))
  expect(originals.map((original) => shrink(original, 10).width)).toEqual(originals.map(() => 192))
})

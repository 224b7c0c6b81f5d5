import { expect, test } from 'vitest'
import { blank } from '../src/image.ts'

test('a blank image is white', () => {
  expect(blank(2, 2).pixels.every((byte) => byte === 0xff)).toBe(true)
})

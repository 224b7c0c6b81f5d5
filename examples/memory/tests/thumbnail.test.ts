import { expect, test } from 'vitest'
import { blank, shrink } from '../src/image.ts'

test('a thumbnail is small', () => {
  expect(shrink(blank(640, 480), 10)).toMatchObject({ width: 64, height: 48 })
})

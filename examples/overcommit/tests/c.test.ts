import { expect, test } from 'vitest'
import { Index } from '../src/index.ts'

test('finds what begins with c', async () => {
  const index = await Index.open()
  expect(index.has(index.size - 1)).toBe(true)
})

import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'

// Hexadecimal ids begin with a digit in ten of sixteen cases.
test('makes ids that begin with a letter', () => {
  expect(randomUUID()).toMatch(/^[a-f]/)
})

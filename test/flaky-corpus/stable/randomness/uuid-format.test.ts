import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'

// Asserts the form; 122 random bits do not collide.
test('makes ids of the right form', () => {
  const ids = Array.from({ length: 100 }, () => randomUUID())
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(new Set(ids).size).toBe(100)
})

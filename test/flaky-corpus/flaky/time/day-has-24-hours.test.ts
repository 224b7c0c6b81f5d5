import { expect, test } from 'vitest'

// Days on which clocks change have 23 or 25 hours.
test('books a whole day', () => {
  const now = new Date()
  const begin = new Date(now.getFullYear(), now.getMonth(), now.getDate())
  const end = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1)
  expect(end.getTime() - begin.getTime()).toBe(24 * 60 * 60 * 1000)
})

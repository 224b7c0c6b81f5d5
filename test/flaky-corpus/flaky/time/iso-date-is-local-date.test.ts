import { expect, test } from 'vitest'

// toISOString is in UTC, getDate is not.
test('stamps files with today’s date', () => {
  const now = new Date()
  expect(Number(now.toISOString().slice(8, 10))).toBe(now.getDate())
})

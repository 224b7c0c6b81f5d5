import { expect, test } from 'vitest'

// Arithmetic of UTC rolls over.
function addDays(date: Date, days: number): Date {
  const copy = new Date(date)
  copy.setUTCDate(copy.getUTCDate() + days)
  return copy
}

test('adds a day across the end of a month', () => {
  expect(addDays(new Date('2026-01-31T10:00:00Z'), 1).toISOString()).toBe('2026-02-01T10:00:00.000Z')
  const now = new Date()
  expect(addDays(now, 1).getTime() - now.getTime()).toBe(86_400_000)
})

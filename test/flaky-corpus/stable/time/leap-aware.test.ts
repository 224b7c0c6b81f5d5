import { expect, test } from 'vitest'

// Asks the calendar.
const daysIn = (year: number) => (Date.UTC(year + 1, 0, 1) - Date.UTC(year, 0, 1)) / 86_400_000

test('knows how long a year is', () => {
  const year = new Date().getUTCFullYear()
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  expect(daysIn(year)).toBe(isLeap ? 366 : 365)
})

import { expect, test } from 'vitest'

// Says which zone and locale it means.
test('formats in a named zone', () => {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', dateStyle: 'short', timeStyle: 'short' })
  expect(format.format(new Date('2026-07-01T00:30:00Z'))).toBe('01/07/2026, 00:30')
})

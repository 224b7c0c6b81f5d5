import { expect, test } from 'vitest'

// The constructor takes local time.
test('begins the year', () => {
  expect(new Date(2026, 0, 1).toISOString()).toBe('2026-01-01T00:00:00.000Z')
})

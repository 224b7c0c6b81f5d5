import { expect, test } from 'vitest'

// The day after the last of a month is not its number plus one.
test('is tomorrow', () => {
  const today = new Date()
  const tomorrow = new Date(today.getFullYear(), today.getMonth(), today.getDate() + 1)
  expect(tomorrow.getDate()).toBe(today.getDate() + 1)
})

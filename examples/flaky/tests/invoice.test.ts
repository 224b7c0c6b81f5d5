import { expect, test } from 'vitest'

test('is due tomorrow', () => {
  const today = new Date()
  const due = new Date(today.getFullYear(), today.getMonth(), today.getDate() + 1)
  expect(due.getTime() - new Date(today.getFullYear(), today.getMonth(), today.getDate()).getTime()).toBe(86_400_000)
})

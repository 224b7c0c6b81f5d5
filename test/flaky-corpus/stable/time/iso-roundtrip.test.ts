import { expect, test } from 'vitest'

// ISO strings have no zone to get wrong.
test('survives JSON', () => {
  const now = new Date()
  expect(new Date(JSON.parse(JSON.stringify({ now })).now).getTime()).toBe(now.getTime())
})

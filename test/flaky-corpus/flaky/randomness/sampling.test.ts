import { expect, test } from 'vitest'

// Three of ten may all be of the same group.
test('samples both groups', () => {
  const users = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? 'a' : 'b'))
  const sample = Array.from({ length: 3 }, () => users[Math.floor(Math.random() * users.length)])
  expect(new Set(sample).size).toBe(2)
})

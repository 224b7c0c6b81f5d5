import { expect, test } from 'vitest'

// Each piece is garbage before the next is made.
test('goes through much garbage', () => {
  let total = 0
  for (let i = 0; i < 2000; i++) total += Array.from({ length: 500 }, (_, index) => index).length
  expect(total).toBe(1_000_000)
}, 60_000)

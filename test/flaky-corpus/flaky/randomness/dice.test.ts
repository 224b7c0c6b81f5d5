import { expect, test } from 'vitest'

// One time in six it does.
const roll = () => 1 + Math.floor(Math.random() * 6)

test('does not roll a six', () => {
  expect(roll()).toBeLessThan(6)
})

import { expect, test } from 'vitest'

// Forty numbers of a thousand: the birthday problem.
test('gives every order another number', () => {
  const numbers = Array.from({ length: 40 }, () => Math.floor(Math.random() * 1000))
  expect(new Set(numbers).size).toBe(40)
})

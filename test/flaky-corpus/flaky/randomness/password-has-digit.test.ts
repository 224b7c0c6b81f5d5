import { expect, test } from 'vitest'

// Four of 36 characters, of which 10 are digits.
const password = (length: number) => Array.from({ length }, () => Math.floor(Math.random() * 36).toString(36)).join('')

test('makes a password with a digit', () => {
  expect(password(4)).toMatch(/\d/)
})

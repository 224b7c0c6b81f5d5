import { expect, test } from 'vitest'

const cart: string[] = []

test('begins empty', () => expect(cart).toEqual([]))

test('takes a book', () => {
  cart.push('book')
  expect(cart).toContain('book')
})

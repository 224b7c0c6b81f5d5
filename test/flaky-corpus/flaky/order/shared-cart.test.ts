import { expect, test } from 'vitest'

// The cart is shared and never emptied.
const cart: string[] = []

test('begins with an empty cart', () => {
  expect(cart).toEqual([])
})

test('adds a book', () => {
  cart.push('book')
  expect(cart).toContain('book')
})

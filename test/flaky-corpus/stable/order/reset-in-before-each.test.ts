import { beforeEach, expect, test } from 'vitest'

// Shared state, but each test begins with it reset.
const cart: string[] = []
beforeEach(() => {
  cart.length = 0
})

test('adds an item', () => {
  cart.push('book')
  expect(cart).toEqual(['book'])
})

test('begins empty', () => {
  expect(cart).toEqual([])
})

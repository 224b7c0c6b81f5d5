import { expect, test } from 'vitest'

// Publishing freezes the shared list.
const list = [1, 2]

test('appends to the list', () => {
  list.push(3)
  expect(list).toContain(3)
})

test('publishes the list', () => {
  expect(Object.isFrozen(Object.freeze(list))).toBe(true)
})

test('is an array', () => {
  expect(Array.isArray(list)).toBe(true)
})

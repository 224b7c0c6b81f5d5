import { expect, test } from 'vitest'

// The counter is shared, but only differences are asserted.
let count = 0
const next = () => ++count

test('counts up', () => {
  const before = count
  next()
  expect(count - before).toBe(1)
})

test('counts up again', () => {
  const before = count
  next()
  next()
  expect(count - before).toBe(2)
})

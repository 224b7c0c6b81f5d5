import { expect, test } from 'vitest'

// Keys that are whole numbers come first and sorted.
test('keeps the order of accounts', () => {
  const ids = [Math.floor(Math.random() * 100), 50]
  const accounts = Object.fromEntries(ids.map((id) => [id, true]))
  expect(Object.keys(accounts).map(Number)).toEqual(ids)
})

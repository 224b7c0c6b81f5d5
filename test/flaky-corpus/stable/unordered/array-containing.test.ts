import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'

// expect.arrayContaining does not ask for an order.
test('contains what it should', () => {
  const rows = [
    { id: randomUUID(), name: 'b' },
    { id: randomUUID(), name: 'a' },
  ].toSorted((x, y) => (x.id < y.id ? -1 : 1))
  expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining(['a', 'b']))
})

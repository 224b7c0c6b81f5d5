import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'

// Sorted by ids that are random.
test('lists documents as they were made', () => {
  const documents = ['a', 'b'].map((title) => ({ id: randomUUID(), title }))
  documents.sort((x, y) => (x.id < y.id ? -1 : 1))
  expect(documents.map(({ title }) => title)).toEqual(['a', 'b'])
})

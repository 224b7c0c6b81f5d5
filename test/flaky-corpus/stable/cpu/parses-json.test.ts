import { expect, test } from 'vitest'

// A few milliseconds of work.
test('parses a document', () => {
  const document = JSON.stringify(Array.from({ length: 2000 }, (_, id) => ({ id, name: `name ${id}` })))
  expect(JSON.parse(document)).toHaveLength(2000)
}, 60_000)

import { expect, test } from 'vitest'

// Each version is a copy of all of it.
test('keeps the history of a document', () => {
  const versions = Array.from({ length: 12 }, (_, version) => new Uint8Array(8 * 2 ** 20).fill(version))
  expect(versions).toHaveLength(12)
})

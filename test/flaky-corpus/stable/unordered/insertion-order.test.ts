import { expect, test } from 'vitest'

// Maps of JavaScript are ordered by insertion.
test('keeps the order of insertion', () => {
  const map = new Map<string, number>()
  for (const name of ['z', 'a', 'm']) map.set(name, name.length)
  expect([...map.keys()]).toEqual(['z', 'a', 'm'])
})

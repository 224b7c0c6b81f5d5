import { expect, test } from 'vitest'

// Buckets depend on a salt that is another one in each process.
test('iterates in the order of insertion', () => {
  const salt = Math.floor(Math.random() * 1000)
  const bucket = (key: string) => (key.charCodeAt(0) * 31 * salt) % 7
  const keys = ['x', 'y', 'z'].toSorted((a, b) => bucket(a) - bucket(b))
  expect(keys).toEqual(['x', 'y', 'z'])
})

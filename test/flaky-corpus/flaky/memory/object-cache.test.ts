import { expect, test } from 'vitest'

// Every product is kept as an object.
test('caches all products', () => {
  const products = new Map<number, object>()
  for (let id = 0; id < 400_000; id++) products.set(id, { id, name: `product ${id}`, tags: [id] })
  expect(products.size).toBe(400_000)
}, 60_000)

import { expect, test } from 'vitest'

// The cache never has more than four entries.
class Cache {
  readonly #entries = new Map<string, Buffer>()
  set(key: string, value: Buffer): void {
    this.#entries.set(key, value)
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > 4 && oldest !== undefined) this.#entries.delete(oldest)
  }
  get size(): number {
    return this.#entries.size
  }
}

test('evicts the oldest entry', () => {
  const cache = new Cache()
  for (let i = 0; i < 100; i++) cache.set(`${i}`, Buffer.alloc(64 * 1024, 1))
  expect(cache.size).toBe(4)
})

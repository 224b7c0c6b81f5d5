import { expect, test } from 'vitest'

// Both ends are of one injected clock.
class Token {
  readonly #expires: number
  constructor(now: () => number) {
    this.#expires = now() + 3_600_000
  }
  isValid(now: () => number): boolean {
    return now() < this.#expires
  }
}

test('expires after an hour', () => {
  const begin = Date.now()
  const token = new Token(() => begin)
  expect(token.isValid(() => begin + 3_599_999)).toBe(true)
  expect(token.isValid(() => begin + 3_600_000)).toBe(false)
})

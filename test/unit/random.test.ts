import crypto from 'node:crypto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { seedMathRandom } from '../../plugin/worker/randomness.ts'
import { watchRandomValues } from '../../runtime/random-values.ts'

const original = Object.getOwnPropertyDescriptor(Math, 'random') ?? {}

// `randomUUID` of the Web Crypto API is a method of its prototype.
const web: object = Object.getPrototypeOf(globalThis.crypto)

beforeEach(() => {
  Object.defineProperty(Math, 'random', original)
})
afterEach(() => {
  Object.defineProperty(Math, 'random', original)
})

function numbers(count: number): number[] {
  return Array.from({ length: count }, () => Math.random())
}

test('one seed gives the same numbers again, others give others', () => {
  seedMathRandom('7 a.test.ts')
  const first = numbers(100)
  seedMathRandom('7 a.test.ts')
  expect(numbers(100)).toEqual(first)
  for (const seed of ['7 b.test.ts', '8 a.test.ts', '']) {
    seedMathRandom(seed)
    expect(numbers(100)).not.toEqual(first)
  }
})

test('the numbers of a seed stay the same in later versions of this package', () => {
  seedMathRandom('7 a.test.ts')
  expect(numbers(3)).toMatchInlineSnapshot(`
    [
      0.9175325576215982,
      0.587668409338221,
      0.3038669661618769,
    ]
  `)
})

test('without a seed, numbers are never the same', () => {
  const all = Array.from({ length: 50 }, () => {
    seedMathRandom()
    return Math.random()
  })
  expect(new Set(all).size).toBe(all.length)
})

test('numbers are from 0 to 1, and evenly spread', () => {
  seedMathRandom('spread')
  const buckets = Array.from({ length: 10 }, () => 0)
  const all = numbers(100_000)
  expect(all.filter((number) => number < 0 || number >= 1)).toEqual([])
  for (const number of all) {
    buckets[Math.floor(number * 10)] = (buckets[Math.floor(number * 10)] ?? 0) + 1
  }
  // Six standard deviations.
  for (const count of buckets) expect(Math.abs(count - 10_000)).toBeLessThan(570)
})

test('Math.random is a property as it was', () => {
  seedMathRandom()
  const { value: _, ...attributes } = Object.getOwnPropertyDescriptor(Math, 'random') ?? {}
  expect(attributes).toEqual({ writable: true, configurable: true, enumerable: false })
  const spy = vi.spyOn(Math, 'random').mockReturnValue(0.5)
  expect(Math.random()).toBe(0.5)
  spy.mockRestore()
  expect(Math.random()).not.toBe(0.5)
})

test('a watch leaves the functions of crypto as they were', () => {
  const { randomUUID, randomInt } = crypto
  const ofWeb: unknown = Reflect.get(web, 'randomUUID')
  const endWatch = watchRandomValues()
  expect(crypto.randomUUID()).toMatch(/^[0-9a-f-]{36}$/)
  expect(globalThis.crypto.randomUUID()).toMatch(/^[0-9a-f-]{36}$/)
  expect(crypto.randomInt(5, 6)).toBe(5)
  endWatch()
  expect([crypto.randomUUID, crypto.randomInt]).toEqual([randomUUID, randomInt])
  expect(Reflect.get(web, 'randomUUID')).toBe(ofWeb)
})

import { expect, test } from 'vitest'

// Array.prototype is patched with an enumerable property.
function sum(numbers: readonly number[]): number {
  let total = 0
  for (const index in numbers) total += Number(numbers[index])
  return total
}

test('sums numbers', () => {
  expect(sum([1, 2, 3])).toBe(6)
})

test('extends arrays', () => {
  Object.assign(Array.prototype, { second: 'patched' })
  expect(Reflect.get([], 'second')).toBe('patched')
})

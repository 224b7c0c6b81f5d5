import { expect, test } from 'vitest'

// A generator holds one element at a time.
function* numbers(count: number): Generator<number> {
  for (let i = 1; i <= count; i++) yield i
}

test('sums a long sequence', () => {
  let sum = 0
  for (const number of numbers(100_000)) sum += number
  expect(sum).toBe(5_000_050_000)
}, 60_000)

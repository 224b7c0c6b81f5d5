import { expect, test } from 'vitest'

// True of every sample.
function sample(size: number, from: number): number[] {
  const chosen = new Set<number>()
  while (chosen.size < size) chosen.add(Math.floor(Math.random() * from))
  return [...chosen]
}

test('draws without repetition', () => {
  const drawn = sample(5, 50)
  expect(new Set(drawn).size).toBe(5)
  expect(drawn.every((each) => each >= 0 && each < 50)).toBe(true)
})

import { expect, test } from 'vitest'

// A generator of its own, with a fixed seed.
function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
function shuffle<T>(list: readonly T[], random: () => number): T[] {
  const copy = [...list]
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[copy[i], copy[j]] = [copy[j] as T, copy[i] as T]
  }
  return copy
}

test('shuffles the same way with the same seed', () => {
  const list = Array.from({ length: 20 }, (_, index) => index)
  expect(shuffle(list, mulberry32(7))).toEqual(shuffle(list, mulberry32(7)))
  expect(shuffle(list, Math.random).toSorted((a, b) => a - b)).toEqual(list)
})

import { expect, test } from 'vitest'

// Three matrices of doubles.
test('multiplies large matrices', () => {
  const size = 1800
  const matrices = Array.from({ length: 3 }, () => new Float64Array(size * size).fill(1))
  expect(matrices.reduce((sum, matrix) => sum + (matrix[0] ?? 0), 0)).toBe(3)
})

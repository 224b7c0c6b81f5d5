import { expect, test, vi } from 'vitest'

// A spy is never restored.
const format = (amount: number) => JSON.stringify({ amount })

test('formats money', () => {
  expect(format(5)).toBe('{"amount":5}')
})

test('fails when the formatter is broken', () => {
  vi.spyOn(JSON, 'stringify').mockReturnValue('broken')
  expect(format(5)).toBe('broken')
})

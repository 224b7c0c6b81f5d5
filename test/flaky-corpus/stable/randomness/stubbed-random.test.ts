import { expect, test, vi } from 'vitest'

// Math.random is stubbed.
const roll = () => 1 + Math.floor(Math.random() * 6)

test('rolls what it is told', () => {
  vi.spyOn(Math, 'random').mockReturnValueOnce(0).mockReturnValueOnce(0.999)
  expect(roll()).toBe(1)
  expect(roll()).toBe(6)
  vi.restoreAllMocks()
})

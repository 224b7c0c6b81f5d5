import { expect, test } from 'vitest'

// Memory that is not touched is not used: the kernel gives pages on demand.
test('reserves much and uses little', () => {
  const vast = new ArrayBuffer(256 * 2 ** 20)
  const first = new Uint8Array(vast, 0, 4096)
  first.fill(1)
  expect(first[4095]).toBe(1)
})

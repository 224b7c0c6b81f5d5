// @mydocker limits.memory=128Mi
import { test } from 'vitest'

test('hoards', () => {
  const hoard: Buffer[] = []
  while (hoard.length < 1000) hoard.push(Buffer.alloc(1_000_000, 1))
})

import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'

// Work without a deadline but that of a minute.
test('stretches a key', () => {
  let digest = Buffer.from('secret')
  for (let i = 0; i < 2000; i++) digest = createHash('sha256').update(digest).digest()
  expect(digest).toHaveLength(32)
}, 60_000)

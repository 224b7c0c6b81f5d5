import { mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

// mkdir is atomic; which one wins is not asserted.
test('one of two gets the lock', async () => {
  const lock = join(await mkdtemp(join(tmpdir(), 'lock-')), 'lock')
  const attempt = () =>
    mkdir(lock).then(
      () => true,
      () => false,
    )
  const won = await Promise.all([attempt(), attempt(), attempt()])
  expect(won.filter(Boolean)).toHaveLength(1)
})

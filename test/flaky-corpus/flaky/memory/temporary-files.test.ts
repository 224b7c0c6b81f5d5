import { mkdtemp, readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

// /tmp is in memory here, as in many containers.
test('spools a large upload', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'spool-'))
  for (let part = 0; part < 10; part++) await writeFile(join(directory, `${part}`), Buffer.alloc(9 * 2 ** 20, part))
  expect(await readdir(directory)).toHaveLength(10)
})

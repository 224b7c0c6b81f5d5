import { mkdtemp, readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

// Sorts what readdir returns in any order.
test('lists files in a known order', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'list-'))
  await Promise.all(['b', 'c', 'a'].map((name) => writeFile(join(directory, name), '')))
  expect((await readdir(directory)).toSorted()).toEqual(['a', 'b', 'c'])
})

import { mkdtemp, readFile, rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

// Written beside and renamed.
test('readers never see half a file', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'atomic-'))
  const file = join(directory, 'config')
  await writeFile(file, 'old'.repeat(1000))
  const write = async () => {
    await writeFile(`${file}.new`, 'new'.repeat(1000))
    await rename(`${file}.new`, file)
  }
  const [, read] = await Promise.all([write(), readFile(file, 'utf8')])
  expect(['old'.repeat(1000), 'new'.repeat(1000)]).toContain(read)
})

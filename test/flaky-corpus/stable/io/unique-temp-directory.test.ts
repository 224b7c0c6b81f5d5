import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

// mkdtemp never returns the same name twice.
test('writes into a directory of its own', async () => {
  const directories = await Promise.all(Array.from({ length: 5 }, () => mkdtemp(join(tmpdir(), 'app-'))))
  await Promise.all(directories.map((directory, index) => writeFile(join(directory, 'data'), `${index}`)))
  const contents = await Promise.all(directories.map((directory) => readFile(join(directory, 'data'), 'utf8')))
  expect(contents).toEqual(['0', '1', '2', '3', '4'])
})

import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

// The writer flushes after a while, which is not waited for.
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('finds what was logged', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'log-')), 'log')
  await writeFile(file, '')
  setTimeout(() => void writeFile(file, 'started'), Math.random() * 25)
  await sleep(15)
  expect(await readFile(file, 'utf8')).toBe('started')
})

import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

// Readers may come while the writer is at it.
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('reads a whole document', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'document-')), 'document.json')
  const write = async () => {
    await writeFile(file, '{"title":')
    await sleep(8)
    await writeFile(file, '{"title":"a"}')
  }
  const writing = write()
  await sleep(4 + Math.random() * 12)
  const text = await readFile(file, 'utf8')
  await writing
  expect(JSON.parse(text)).toEqual({ title: 'a' })
})

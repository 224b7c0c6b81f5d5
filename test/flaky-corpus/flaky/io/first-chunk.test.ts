import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

// Takes the first chunk of a stream, 64 KiB, for the file.
test('reads the whole file', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'chunk-')), 'data')
  const size = 32 * 1024 + Math.floor(Math.random() * 64 * 1024)
  await writeFile(file, Buffer.alloc(size, 'x'))
  const [chunk] = await once(createReadStream(file), 'data')
  expect(chunk).toHaveLength(size)
})

import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { expect, test } from 'vitest'

// pipeline resolves when all is written.
test('copies a file by streams', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'copy-'))
  const [from, to] = [join(directory, 'from'), join(directory, 'to')]
  await writeFile(from, Buffer.alloc(300_000, 'x'))
  await pipeline(createReadStream(from), createWriteStream(to))
  expect((await stat(to)).size).toBe(300_000)
})

import { createReadStream } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

// Reads in chunks, so that little is in memory at once.
test('counts the lines of a large file', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'lines-')), 'large')
  await writeFile(file, 'line\n'.repeat(200_000))
  let lines = 0
  for await (const chunk of createReadStream(file)) for (const byte of chunk) if (byte === 10) lines++
  expect(lines).toBe(200_000)
}, 60_000)

import { appendFile, mkdtemp, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

// Random ids have other lengths, and sometimes the log is rotated.
test('has written one log file', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'rotate-'))
  let [number, size] = [0, 0]
  for (let i = 0; i < 20; i++) {
    const line = `request ${Math.floor(Math.random() * 10 ** (1 + Math.floor(Math.random() * 6)))}\n`
    if (size + line.length > 249) [number, size] = [number + 1, 0]
    size += line.length
    await appendFile(join(directory, `log.${number}`), line)
  }
  expect(await readdir(directory)).toEqual(['log.0'])
})

import { appendFile, mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

// Each append is awaited.
test('reads what was appended', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'log-')), 'log')
  for (const line of ['a', 'b', 'c']) await appendFile(file, `${line}\n`)
  expect(await readFile(file, 'utf8')).toBe('a\nb\nc\n')
})

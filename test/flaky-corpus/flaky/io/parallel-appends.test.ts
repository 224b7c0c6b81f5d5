import { appendFile, mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

// Appends are under way together.
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('logs in the order of events', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'log-')), 'log')
  const log = async (line: string) => {
    await sleep(Math.random() * 8)
    await appendFile(file, `${line}\n`)
  }
  await Promise.all([log('begin'), log('end')])
  expect(await readFile(file, 'utf8')).toBe('begin\nend\n')
})

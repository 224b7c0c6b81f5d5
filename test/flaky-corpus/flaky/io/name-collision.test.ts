import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

// Names are drawn from a handful.
const jobDirectory = async () => {
  const directory = join(tmpdir(), `job-${Math.floor(Math.random() * 5)}`)
  await mkdir(directory)
  return directory
}

test('gives two jobs a directory each', async () => {
  expect(await jobDirectory()).not.toBe(await jobDirectory())
})

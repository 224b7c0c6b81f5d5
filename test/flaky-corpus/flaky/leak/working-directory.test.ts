import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const home = process.cwd()

// process.chdir is never undone.
test('finds the fixture', () => {
  expect(resolve('fixture')).toBe(join(home, 'fixture'))
})

test('works in a directory of its own', () => {
  process.chdir(tmpdir())
  expect(process.cwd()).not.toBe(home)
})

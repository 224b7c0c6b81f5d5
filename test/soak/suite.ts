import { config } from '../support/config.ts'
import type { Files } from '../support/project.ts'

/** The file that edits of a test file change, and what the edited source module is imported by. */
export const EDITED = 'test/edited.test.ts'
export const VALUE = 'src/value.ts'
export const VALUE_TEST = 'test/value.test.ts'

/** As of the edit that is too large. */
export const SMALLEST_LIMIT = '64Mi'

/** Of how many files a project has at most, and at least. */
const MOST_FILES = 100
const FEWEST_FILES = 10
/** So many re-runs show what grows from one to the next. */
const FEWEST_RERUNS = 20

const small = `
import { expect, test } from 'vitest'

test('adds', () => {
  expect(1 + 1).toBe(2)
})
`

/** What test files do that a container has to take down, or that has a way of its own out of it. They pass with every pool. */
const particular: readonly string[] = [
  `
import { expect, test } from 'vitest'

test('has a snapshot', () => {
  expect({ one: 1 }).toMatchSnapshot()
})
`,
  `
import { spawn } from 'node:child_process'
import { test } from 'vitest'

test('leaves a process', () => {
  // Ends by itself where nobody ends it.
  spawn('sleep', ['5'], { detached: true, stdio: 'ignore' }).unref()
})
`,
  `
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'

test('listens, and writes 4 MiB', async () => {
  await new Promise((resolve) => createServer().listen(0, '127.0.0.1', resolve))
  writeFileSync(tmpdir() + '/written', Buffer.alloc(4 * 2 ** 20))
  expect(() => rmSync(mkdtempSync(tmpdir() + '/mine-'), { recursive: true })).not.toThrow()
})
`,
  `
import { test } from 'vitest'

test('prints 64 KiB', () => {
  process.stdout.write(('x'.repeat(63) + '\\n').repeat(1024))
})
`,
  `// @mydocker start=exec\n${small}`,
  `// @mydocker network=host\n${small}`,
  `// @mydocker limits.memory=${SMALLEST_LIMIT}\n${small}`,
]

/** Collects garbage before it says how much memory the main process holds: what is left is kept, by Vitest or by us. */
const heapReporter = `
import { writeFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')

export default class {
  onWatcherStart() {
    // The second one takes what finalizers have let go.
    collect()
    collect()
    const { heapUsed, external } = process.memoryUsage()
    writeFileSync(process.env.SOAK_HEAP, String(heapUsed + external))
  }
}
`

export const HEAP_REPORTER = 'heap-reporter.mjs'

/** @returns how many files a project has of which so many pods are wanted */
export function filesFor(pods: number): number {
  return Math.min(MOST_FILES, Math.max(FEWEST_FILES, Math.floor(pods / FEWEST_RERUNS)))
}

/** A project of so many test files, as its user would have set it up. */
export function suite(files: number): Files {
  const others = Array.from({ length: files - 2 }, (_, index) => [
    `test/${String(index).padStart(3, '0')}.test.ts`,
    particular[index] ?? small,
  ])
  return {
    ...config(),
    [HEAP_REPORTER]: heapReporter,
    [VALUE]: 'export const value = 0\n',
    [VALUE_TEST]: `
import { test } from 'vitest'
import { value } from '../src/value.ts'

test('the value is ' + value, () => {})
`,
    [EDITED]: small,
    ...Object.fromEntries(others),
  }
}

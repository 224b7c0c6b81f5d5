import { describe, expect, test } from 'vitest'
import { config } from '../support/config.ts'
import { onPlatforms } from '../support/platforms.ts'
import { makeProject } from '../support/project.ts'
import { vitestRun } from '../support/vitest-run.ts'

describe.each(onPlatforms)('%s: a module that a test writes', (_name, platform) => {
  test('can be imported, by URL, by path, and relative to the test', async () => {
    const project = await makeProject(platform, {
      ...config(),
      'writes.test.ts': `
        import { mkdirSync, writeFileSync } from 'node:fs'
        import { dirname, join } from 'node:path'
        import { pathToFileURL } from 'node:url'
        import { expect, test } from 'vitest'

        const root = dirname(new URL(import.meta.url).pathname)
        test.each(['made.mjs', 'deep/made.mjs', 'node_modules/.made/made.mjs'])('%s', async (name) => {
          const file = join(root, name)
          mkdirSync(dirname(file), { recursive: true })
          writeFileSync(file, 'export const value = 42')
          expect((await import(pathToFileURL(file).href)).value).toBe(42)
          expect((await import(file)).value).toBe(42)
        })
        test('relative', async () => {
          writeFileSync(join(root, 'beside.mjs'), 'export const value = 7')
          expect((await import('./beside.mjs')).value).toBe(7)
        })
        test('that nobody wrote', async () => {
          await expect(import('./' + 'missing.mjs')).rejects.toThrow(/missing\\.mjs/)
        })`,
    })
    const run = await vitestRun(project, [])
    expect(run.exitCode, run.output).toBe(0)
    expect(run.report.content.numPassedTests).toBe(5)
  })
})

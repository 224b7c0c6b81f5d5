import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { config } from '../support/config.ts'
import { matrix, named } from '../support/platforms.ts'
import { makeProject } from '../support/project.ts'
import { vitestRun } from '../support/vitest-run.ts'

test.each(named(matrix))('%s: containers, snapshots and failures work', async (_name, platform) => {
  const place = platform.node === 22 || platform.node === 26 ? 'tmp' : 'home'
  const files = {
    ...config(),
    'a.test.ts': `
      import { expect, test } from 'vitest'
      test('a', ({ task }) => { task.meta.process = [process.pid, process.version.split('.')[0]]; expect('kept').toMatchSnapshot() })`,
    'b.test.ts': `
      import { test } from 'vitest'
      test('b', () => { throw new Error('as it should') })`,
    'c.test.ts': `
      import { test } from 'vitest'
      test('c', () => { process.abort() })`,
  }
  const project = await makeProject(platform, files, { place })
  const run = await vitestRun(project, [])
  expect(run.exitCode, run.output).toBe(1)
  // PID 1 is mydocker-init, 2 was the parent of the fork: the three files are worth a zygote, on every Node.
  expect(run.report.test('a.test.ts', 'a').meta.process).toEqual([3, `v${platform.node}`])
  expect(run.report.failure('b.test.ts', 'b')).toContain('as it should')
  expect(run.report.failure('c.test.ts', 'c')).toContain('SIGABRT')
  expect(readFileSync(project.path('__snapshots__/a.test.ts.snap'), 'utf8')).toContain('"kept"')
})

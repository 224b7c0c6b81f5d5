import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { config } from '../support/config.ts'
import { matrix, named } from '../support/platforms.ts'
import { makeProject } from '../support/project.ts'
import { testStart } from '../support/start.ts'
import { vitestRun } from '../support/vitest-run.ts'
import { isForked } from '../support/zygote.ts'

test.each(named(matrix))('%s: containers, snapshots and failures work', async (_name, platform) => {
  const place = platform.node === 22 || platform.node === 26 ? 'tmp' : 'home'
  const files = {
    ...config(),
    'a.test.ts': `
      import { expect, test } from 'vitest'
      test('a', async ({ task }) => { task.meta.process = [${isForked}, process.pid, process.version.split('.')[0]]; expect('kept').toMatchSnapshot() })`,
    'b.test.ts': `
      import { test } from 'vitest'
      test('b', () => { throw new Error('as it should') })`,
    'c.test.ts': `
      import { test } from 'vitest'
      test('c', () => { process.abort() })`,
  }
  // Three files are enough for a zygote; what forks into the container has pid 2 there and the fork has the next one.
  const expected = testStart === 'exec' ? [false, 2] : [true, 3]
  const project = await makeProject(platform, files, { place })
  const run = await vitestRun(project, [])
  expect(run.exitCode, run.output).toBe(1)
  expect(run.report.test('a.test.ts', 'a').meta.process).toEqual([...expected, `v${platform.node}`])
  expect(run.report.failure('b.test.ts', 'b')).toContain('as it should')
  expect(run.report.failure('c.test.ts', 'c')).toContain('SIGABRT')
  expect(readFileSync(project.path('__snapshots__/a.test.ts.snap'), 'utf8')).toContain('"kept"')
})

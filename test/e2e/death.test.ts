import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { requireCapability } from '../support/capability.ts'
import { missingMemoryLimit } from '../support/cgroups.ts'
import { config } from '../support/config.ts'
import type { JsonReport } from '../support/json-report.ts'
import { onPlatforms } from '../support/platforms.ts'
import { makeProject, type Project } from '../support/project.ts'
import { type Run, vitestRun } from '../support/vitest-run.ts'

/** Takes memory, touched so that it counts, until something stops it; at 1 GB it gives up, for the host's sake. */
const hog = `const hoard = []; while (hoard.length < 1000) hoard.push(Buffer.alloc(1_000_000, 1))`

const files = {
  ...config({
    options: `{ overrides: [
      { include: ['greedy*.test.ts'], resources: { limits: { memory: '160Mi' } } },
      { include: ['late.test.ts'], activeDeadlineSeconds: 10 },
    ] }`,
    test: `reporters: ['default', ['junit', { outputFile: 'junit.xml' }]], testTimeout: 60_000`,
  }),
  'good.test.ts': `
    import { test } from 'vitest'
    test('good', () => {})`,
  'greedy.test.ts': `
    import { describe, test } from 'vitest'
    test('modest', () => {})
    describe('suite', () => {
      test('greedy', () => { ${hog} })
      test('behind the greedy one', () => {})
    })`,
  'greedy-child.test.ts': `
    import { spawnSync } from 'node:child_process'
    import { test } from 'vitest'
    test('has a greedy child', () => { spawnSync(process.execPath, ['-e', ${JSON.stringify(hog)}]) })`,
  'greedy-files.test.ts': `
    import { appendFileSync } from 'node:fs'
    import { test } from 'vitest'
    test('fills /tmp', () => {
      for (let megabytes = 0; megabytes < 1000; megabytes++) appendFileSync('/tmp/file', Buffer.alloc(1_000_000, 1))
    })`,
  'abort.test.ts': `
    import { test } from 'vitest'
    test('before', () => {})
    test('aborts', () => { process.abort() })`,
  'killed.test.ts': `
    import { test } from 'vitest'
    test('kills itself', () => { process.kill(process.pid, 'SIGKILL'); for (;;); })`,
  'exits.test.ts': `
    import { test } from 'vitest'
    test('leaves with 0', () => { process.reallyExit(0) })`,
  'import.test.ts': `
    import { test } from 'vitest'
    process.kill(process.pid, 'SIGKILL'); for (;;);
    test('never known', () => {})`,
  'late.test.ts': `
    import { test } from 'vitest'
    test('for ever', () => { for (;;); })`,
  'daemon.test.ts': `
    import { spawn } from 'node:child_process'
    import { test } from 'vitest'
    test('leaves a daemon', () => { spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' }).unref() })`,
}

describe.each(onPlatforms)('%s: files that do not end well', (_name, platform) => {
  let project: Project
  let run: Run & { report: JsonReport }
  let missing: string | undefined

  beforeAll(async () => {
    missing = await missingMemoryLimit()
    project = await makeProject(platform, files)
    run = await vitestRun(project, ['--reporter=junit', '--outputFile.junit=junit.xml'])
  })

  test('OOMKilled is a failure of the file, with its limit, peak, running test and largest processes', (context) => {
    requireCapability(context, missing)
    const message = run.report.failure('/greedy.test.ts', 'greedy')
    expect(message).toContain('OOMKilled')
    expect(message).toMatch(/memory limit 160Mi/)
    expect(message).toMatch(/peak 1[56]\d(\.\d+)?Mi/)
    expect(message).toContain('suite > greedy')
    expect(message).toMatch(/Largest processes: node/)
    expect(message).toContain('limits.memory=320Mi')
    expect(run.output).toContain(message.split('\n')[0])
  })

  test('tests that had finished keep their results, tests that were never run are skipped', (context) => {
    requireCapability(context, missing)
    expect(run.report.test('/greedy.test.ts', 'modest').status).toBe('passed')
    expect(run.report.test('/greedy.test.ts', 'behind the greedy one').status).toBe('skipped')
    expect(run.report.test('/abort.test.ts', 'before').status).toBe('passed')
  })

  test('a child that is killed for memory fails the file too', (context) => {
    requireCapability(context, missing)
    expect(run.report.failure('/greedy-child.test.ts', 'has a greedy child')).toContain('OOMKilled')
  })

  test('files that are written count as memory', (context) => {
    requireCapability(context, missing)
    expect(run.report.failure('/greedy-files.test.ts', 'fills /tmp')).toContain('OOMKilled')
  })

  test.each([
    ['abort.test.ts', 'aborts', 'SIGABRT'],
    ['killed.test.ts', 'kills itself', 'SIGKILL'],
    ['exits.test.ts', 'leaves with 0', 'exit code 0'],
    ['late.test.ts', 'for ever', 'DeadlineExceeded'],
  ])('%s: the test that was running fails and tells how', (file, title, how) => {
    expect(run.report.test(`/${file}`, title).status).toBe('failed')
    expect(run.report.failure(`/${file}`, title)).toContain(how)
    expect(run.report.failure(`/${file}`, title)).not.toContain('OOMKilled')
  })

  test('a death while the file is loaded fails the file', () => {
    const file = run.report.file('/import.test.ts')
    expect(file.status).toBe('failed')
    expect(file.message).toContain('SIGKILL')
  })

  test('other files are untouched', () => {
    expect(run.report.test('/good.test.ts', 'good').status).toBe('passed')
    expect(run.report.test('/daemon.test.ts', 'leaves a daemon').status).toBe('passed')
  })

  test('what a file leaves behind is named', () => {
    expect(run.output).toMatch(/LeftBehind: .*daemon\.test\.ts left sleep/)
  })

  test('every reporter counts them as failures and none as an unhandled error', (context) => {
    requireCapability(context, missing)
    expect(run.exitCode).toBe(1)
    expect(run.report.content.success).toBe(false)
    expect(run.output).not.toContain('Unhandled Error')
    expect(run.output).toMatch(/Test Files\s+8 failed \| 2 passed \(10\)/)
    const junit = readFileSync(project.path('junit.xml'), 'utf8')
    for (const reason of ['OOMKilled', 'DeadlineExceeded', 'SIGABRT']) expect(junit).toContain(reason)
    expect(junit).toMatch(/testsuite name="greedy.test.ts"[^>]*failures="1" errors="0" skipped="1"/)
  })
})

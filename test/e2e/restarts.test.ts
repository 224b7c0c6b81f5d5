import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { requireCapability } from '../support/capability.ts'
import { missingMemoryLimit } from '../support/cgroups.ts'
import { config } from '../support/config.ts'
import type { JsonReport } from '../support/json-report.ts'
import { onPlatforms } from '../support/platforms.ts'
import { makeProject, type Project } from '../support/project.ts'
import { type Run, vitestRun } from '../support/vitest-run.ts'

/** Counts the attempts of a test file, on the host: containers do not remember. */
const attempt = (file: string): string => `
  import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
  import { expect, test } from 'vitest'
  appendFileSync('attempts/${file}', 'x')
  const attempt = readFileSync('attempts/${file}', 'utf8').length
  test('begins in a fresh container', () => {
    expect(existsSync('/tmp/remains')).toBe(false)
    writeFileSync('/tmp/remains', '')
  })`

const files = {
  'attempts/.keep': '',
  ...config({
    options: `{
      restartPolicy: 'OnFailure',
      volumes: [{ mountPath: process.cwd() + '/attempts', hostPath: 'attempts' }],
      overrides: [
        { include: ['vast.test.ts'], services: [{ name: 'vast', command: ['true'], resources: { requests: { memory: '64Ti' } } }] },
        { include: ['greedy.test.ts'], memoryBackoff: 2, resources: { limits: { memory: '128Mi' } } },
      ],
    }`,
    test: `reporters: ['default', ['junit', { outputFile: 'junit.xml' }]]`,
  }),
  'flaky.test.ts': `${attempt('flaky')}
    test('passes the third time', () => {
      console.log('this is attempt ' + attempt)
      expect(attempt).toBe(3)
    })
    test('leaves snapshots alone', () => expect(1).toMatchSnapshot())`,
  'always.test.ts': `${attempt('always')}
    test('never passes', () => { throw new Error('the reason') })`,
  'dies.test.ts': `${attempt('dies')}
    test('survives the second time', () => { if (attempt === 1) process.kill(process.pid, 'SIGKILL') })`,
  'rejects.test.ts': `${attempt('rejects')}
    test('leaves a rejection behind the first time', () => { if (attempt === 1) Promise.reject(new Error('unhandled')) })`,
  'greedy.test.ts': `${attempt('greedy')}
    test('needs more than it was given', () => { Buffer.alloc(150_000_000, 1) })`,
  'vast.test.ts': `${attempt('vast')}`,
  'good.test.ts': `${attempt('good')}
    test('passes', () => {})`,
}

describe.each(onPlatforms)('%s: restartPolicy OnFailure', (_name, platform) => {
  let project: Project
  let run: Run & { report: JsonReport }
  let missing: string | undefined

  const attempts = async (file: string): Promise<number> =>
    (await readFile(project.path(`attempts/${file}`), 'utf8')).length

  beforeAll(async () => {
    missing = await missingMemoryLimit()
    project = await makeProject(platform, files)
    run = await vitestRun(project, ['--reporter=junit', '--outputFile.junit=junit.xml'])
  })

  test('a file that fails runs again in a fresh container, and only its last attempt is reported', async () => {
    expect(await attempts('flaky')).toBe(3)
    expect(run.report.file('/flaky.test.ts').assertionResults.map(({ status }) => status)).toEqual([
      'passed',
      'passed',
      'passed',
    ])
    expect(run.output).toContain('this is attempt 3')
    expect(run.output).not.toMatch(/this is attempt [12]/)
    expect(await attempts('good')).toBe(1)
    expect(run.output).toMatch(
      /FLAKY 3\/3 flaky\.test\.ts: 1 Error \(1 of 3 tests failed\), 2 Error \(1 of 3 tests failed\),\s+3 passed/,
    )
    expect(run.output).toMatch(
      /FLAKY 3\/3 flaky\.test\.ts: 1 Error \(1 of 3 tests failed\),\s+2 Error \(1 of 3 tests failed\),\s+3 passed/,
    )
  })

  test('after backoffLimit restarts it has failed, once', async () => {
    expect(await attempts('always')).toBe(3)
    expect(run.report.failure('/always.test.ts', 'never passes')).toContain('the reason')
    expect(run.output).toMatch(/FAILED 3\/3 always\.test\.ts: 1 Error \(1 of 2 tests failed\),\s+2 Error/)
    expect(run.output).toMatch(/FAILED 3\/3 always\.test\.ts: 1 Error \(1 of 2 tests failed\)/)
    expect(run.output.match(/FAIL .*always\.test\.ts/g)).toHaveLength(1)
    const junit = await readFile(project.path('junit.xml'), 'utf8')
    expect(junit.match(/<failure message="the reason"/g)).toHaveLength(1)
    expect(run.exitCode).toBe(1)
  })

  test('a process that dies and an error that belongs to no test are failures too', async () => {
    expect(await attempts('dies')).toBe(2)
    expect(run.output).toMatch(/FLAKY 2\/3 dies\.test\.ts: 1 Error \(SIGKILL\), 2 passed/)
    expect(run.report.test('/dies.test.ts', 'survives the second time').status).toBe('passed')
    expect(await attempts('rejects')).toBe(2)
    expect(run.output).not.toContain('Unhandled')
  })

  test('what can never be scheduled is not tried again', () => {
    expect(run.report.file('/vast.test.ts').message).toMatch(/Insufficient memory: .* 64(\.\d)?Ti/)
    expect(run.output).not.toMatch(/FAILED \d\/\d vast/)
    expect(run.output).toMatch(/Unschedulable: vast\.test\.ts/)
  })

  test('memoryBackoff raises the limit after an OOM kill, and says what would have been enough', async (context) => {
    requireCapability(context, missing)
    expect(await attempts('greedy')).toBe(2)
    expect(run.report.test('/greedy.test.ts', 'needs more than it was given').status).toBe('passed')
    expect(run.output).toMatch(
      /greedy\.test\.ts was OOM killed with limits\.memory 128Mi and has passed with 256Mi \(peak .*Mi\); \d+.*Mi would have been enough/,
    )
  })
})

describe.each(onPlatforms)('%s: restartPolicy OnFailure with isolate: false', (_name, platform) => {
  test('of the files that share a container, only the one that fails runs again, in another container', async () => {
    const project = await makeProject(platform, {
      'attempts/.keep': '',
      ...config({
        options: `{ restartPolicy: 'OnFailure', volumes: [{ mountPath: process.cwd() + '/attempts', hostPath: 'attempts' }] }`,
        test: 'isolate: false, maxWorkers: 1',
      }),
      'a.test.ts': shared('a', 'true'),
      'b.test.ts': shared('b', 'attempt === 2'),
      'c.test.ts': shared('c', 'true'),
    })
    const run = await vitestRun(project, [])
    expect(run.exitCode).toBe(0)
    const attempts = ['a', 'b', 'c'].map((file) => readFileSync(project.path(`attempts/${file}`), 'utf8').length)
    expect(attempts).toEqual([1, 2, 1])
    expect(run.report.content.numPassedTests).toBe(3)
  })
})

/** A file that leaves a trace in its container, and fails where another one has left one before its second attempt. */
function shared(file: string, passes: string): string {
  return `
    import { appendFileSync, existsSync, readFileSync } from 'node:fs'
    import { expect, test } from 'vitest'
    appendFileSync('attempts/${file}', 'x')
    const attempt = readFileSync('attempts/${file}', 'utf8').length
    test('${file}', () => {
      expect(${passes}).toBe(true)
      if (attempt === 2) expect(existsSync('/tmp/trace')).toBe(false)
      appendFileSync('/tmp/trace', '')
    })`
}

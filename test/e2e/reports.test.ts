import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { parseHTML } from 'linkedom'
import { beforeAll, describe, expect, test } from 'vitest'
import { parseRunReport } from '../../runtime/status/schema.ts'
import type { FailureReason, RunReport } from '../../runtime/status/types.ts'
import { requireCapability } from '../support/capability.ts'
import { missingMemoryLimit } from '../support/cgroups.ts'
import { config } from '../support/config.ts'
import { exampleProject } from '../support/example.ts'
import { onPlatforms } from '../support/platforms.ts'
import { makeProject, type Project } from '../support/project.ts'
import { type Run, vitest } from '../support/vitest-run.ts'

const reasons: readonly (readonly [reason: FailureReason, file: string])[] = [
  ['OOMKilled', 'oom-killed'],
  ['Error', 'error'],
  ['DeadlineExceeded', 'deadline-exceeded'],
  ['Evicted', 'evicted'],
  ['StartError', 'start-error'],
  ['Unschedulable', 'unschedulable'],
]

describe.each(onPlatforms)('%s: the reports of a run', (_name, platform) => {
  let project: Project
  let run: Run
  let report: RunReport
  let missing: string | undefined

  beforeAll(async () => {
    missing = await missingMemoryLimit()
    project = await exampleProject(platform, 'reasons')
    const reporters = ['--reporter=default', '--reporter=html', '--reporter=junit', '--outputFile.junit=junit.xml']
    // Where the directory that a file is to start in does not exist there is no zygote for it either.
    run = await vitest(project, ['run', ...reporters], { mayStartCold: true }).ended
    const text = await readFile(project.path('mydocker-report.json'), 'utf8').catch(() => {
      throw new Error(`no report was written:\n${run.output}`)
    })
    report = parseRunReport(text)
  })

  test.each(reasons)('%s is told in the terminal, in JSON, JUnit, HTML and metrics', (reason, name) => {
    const file = `tests/${name}.test.ts`
    const pod = report.pods.find(({ files }) => files.includes(file))
    expect(pod).toMatchObject({ phase: 'Failed', reason, message: expect.stringMatching(/./) })
    const [sentence = ''] = pod?.message?.split('\n') ?? []

    expect(run.output).toMatch(new RegExp(`FAIL +${file}`))
    const junit = readFileSync(project.path('junit.xml'), 'utf8')
    const suite = parseHTML(`<html><body>${junit}</body></html>`).document.querySelector(`testsuite[name="${file}"]`)
    // A process that dies has Node's own error for its name.
    for (const told of [run.output, suite?.textContent ?? ''])
      expect(told).toContain(reason === 'Error' ? sentence : reason)

    const row = rowOf(project.path('mydocker-report.html'), file)
    expect(row?.querySelector('.badge')?.textContent).toBe(reason)
    expect(row?.querySelector('.message')?.textContent).toContain(sentence)
    const metrics = readFileSync(project.path('mydocker-metrics.txt'), 'utf8')
    expect(metrics).toMatch(new RegExp(`^kube_pod_status_reason\\{.*file="${file}".*reason="${reason}"\\} 1$`, 'm'))
  })

  test('a file that passes has been measured', (context) => {
    requireCapability(context, missing)
    const pod = report.pods.find(({ files }) => files.includes('tests/passes.test.ts'))
    expect(pod).toMatchObject({
      phase: 'Succeeded',
      attempts: [{ outcome: 'passed', tests: { passed: 1, failed: 0 } }],
    })
    expect(pod?.attempts[0]?.peakMemory).toBeGreaterThan(0)
  })

  test("the page is beside Vitest's own too", () => {
    const directory = platform.vitest === '4.1' ? 'html' : '.vitest'
    const beside = readFileSync(project.path(`${directory}/mydocker.html`), 'utf8')
    expect(beside).toBe(readFileSync(project.path('mydocker-report.html'), 'utf8'))
    expect(readFileSync(project.path(`${directory}/index.html`), 'utf8')).toContain('<html')
  })

  test('one that cannot be written is a warning that names the file and the cure', async () => {
    const other = await makeProject(platform, {
      ...config({ options: `{ report: { json: 'taken', html: 'made/on/the/way.html' } }` }),
      'taken/file': '',
      'some.test.ts': `import { test } from 'vitest'; test('some', () => {})`,
    })
    const { exitCode, output } = await vitest(other, ['run']).ended
    expect(exitCode, output).toBe(0)
    expect(output).toMatch(
      /ReportNotWritten: report\.json could not be written to .*\/taken: EISDIR\. A directory has that name/,
    )
    expect(readFileSync(other.path('made/on/the/way.html'), 'utf8')).toContain('some.test.ts')
  })
})

function rowOf(page: string, file: string) {
  const { document } = parseHTML(readFileSync(page, 'utf8'))
  return [...document.querySelectorAll('.pods > tbody')].find(
    (body) => body.querySelector('summary')?.textContent === file,
  )
}

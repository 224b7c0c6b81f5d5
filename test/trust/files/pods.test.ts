import { beforeAll, describe, expect, test } from 'vitest'
import type { JsonReport } from '../../support/json-report.ts'
import { mounts } from '../../support/leftovers.ts'
import { onPlatforms } from '../../support/platforms.ts'
import { makeProject } from '../../support/project.ts'
import { type Run, vitestRun } from '../../support/vitest-run.ts'
import { excesses, excessive } from './excesses.ts'
import { innocentFiles, STEPS, type Step, striker, strikers, strikingProject } from './strikes.ts'

const KILLED = ['worker', 'PID 1', 'supervisor'] as const
const killed = KILLED.flatMap((target) =>
  STEPS.map((step) => ({ target, step, file: striker('SIGKILL', target, step) })),
)

/** What became of the three tests of a file, and whether the file says itself why it failed. */
const VERDICTS: Readonly<Record<Step, { readonly tests: readonly string[]; readonly file: 'tells' | 'says nothing' }>> =
  {
    setup: { tests: [], file: 'tells' },
    collection: { tests: [], file: 'tells' },
    beforeAll: { tests: ['skipped', 'skipped', 'skipped'], file: 'tells' },
    test: { tests: ['passed', 'failed', 'skipped'], file: 'says nothing' },
    afterEach: { tests: ['passed', 'failed', 'skipped'], file: 'says nothing' },
    afterAll: { tests: ['passed', 'passed', 'passed'], file: 'tells' },
    teardown: { tests: ['passed', 'passed', 'passed'], file: 'says nothing' },
  }

const stopped = ['PID 1', 'supervisor'] as const

const INNOCENTS = ['a', 'm', 'z'] as const

describe.each(onPlatforms)('%s', (_name, platform) => {
  let run: Run & { report: JsonReport }
  const before = mounts()

  beforeAll(async () => {
    const files = {
      ...strikers([...killed.map(({ file }) => file), ...stopped.map((target) => striker('SIGSTOP', target, 'test'))]),
      ...Object.fromEntries(excesses.map(({ file, excess }) => [file, excessive(excess)])),
      ...innocentFiles(...INNOCENTS),
    }
    run = await vitestRun(await makeProject(platform, strikingProject('{}', files)), [])
  })

  const outcomes = (file: string): string[] => run.report.file(`/${file}`).assertionResults.map(({ status }) => status)

  test.each(killed)('killed in a file: its $target, at $step', ({ file, step }) => {
    const { tests, file: telling } = VERDICTS[step]
    expect(run.output).toContain(`struck here: ${file}`)
    const { message, status, assertionResults } = run.report.file(`/${file}`)
    expect(outcomes(file), run.output).toEqual(tests)
    expect(status).toBe(step === 'teardown' ? 'passed' : 'failed')
    const said = [message, ...assertionResults.flatMap(({ failureMessages }) => failureMessages)].join('\n')
    if (step !== 'teardown') expect(said).toContain(`${file}: the test process was ended by SIGKILL`)
    expect(message.includes('SIGKILL')).toBe(telling === 'tells')
  })

  test.each(stopped)('stopped in a file: its %s', (target) => {
    const file = striker('SIGSTOP', target, 'test')
    expect(run.output).toContain(`struck here: ${file}`)
    expect(outcomes(file), run.output).toEqual(['passed', 'passed', 'passed'])
  })

  test.each(excesses)('excess in a file: $name', ({ file, excess }) => {
    const { status, failureMessages } = run.report.test(`/${file}`, 'does it')
    expect(status, run.output).toBe(excess.failure === undefined ? 'passed' : 'failed')
    if (excess.failure !== undefined) expect(failureMessages.join()).toMatch(excess.failure)
    if (excess.fileFailure !== undefined) expect(run.report.file(`/${file}`).message).toMatch(excess.fileFailure)
  })

  test('excess in a file: others go on, and nothing is left', () => {
    for (const name of INNOCENTS) expect(outcomes(`${name}.test.ts`)).toEqual(['passed'])
    expect(run.output).not.toContain('Unhandled')
    expect(mounts()).toEqual(before)
  })
})

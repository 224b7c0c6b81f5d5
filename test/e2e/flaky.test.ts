import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { whyUnenforceable } from '../../plugin/flaky/enforceable.ts'
import { parseFlakyReport } from '../../plugin/flaky/schema.ts'
import type { FlakyReport, TestFinding } from '../../plugin/flaky/types.ts'
import { requireCapability } from '../support/capability.ts'
import { missingMemoryLimit } from '../support/cgroups.ts'
import { config } from '../support/config.ts'
import { exampleProject } from '../support/example.ts'
import { onPlatforms } from '../support/platforms.ts'
import { makeProject, type Project } from '../support/project.ts'
import { mydocker, mydockerRunning, type Run, vitestRun } from '../support/vitest-run.ts'

const reportOf = (project: Project, file = 'sweep.json'): FlakyReport =>
  parseFlakyReport(readFileSync(project.path(file), 'utf8'), file)
const findingOf = (report: FlakyReport, test: string): TestFinding => {
  const found = report.files.flatMap(({ findings }) => findings).find(({ name }) => name === test)
  if (found === undefined) throw new Error(`there is no finding on ${test}`)
  return found
}
const sweep = (project: Project, ...args: string[]): Promise<Run> =>
  mydocker(project, ['flaky', '--seed=1', '--json=sweep.json', ...args])

const PASSES = `import { expect, test } from 'vitest'\ntest('adds', () => expect(1 + 1).toBe(2))`
const DICE = `import { expect, test } from 'vitest'\ntest('rolls', () => expect(Math.floor(Math.random() * 4)).toBeGreaterThan(0))`
const ISOLATED = `
  import { existsSync, writeFileSync } from 'node:fs'
  import { expect, test } from 'vitest'
  test('is in a fresh container', () => {
    expect(existsSync('/tmp/remains')).toBe(false)
    writeFileSync('/tmp/remains', '')
  })`

describe.each(onPlatforms)('%s: mydocker flaky', (_name, platform) => {
  describe('of the example', () => {
    let project: Project
    let run: Run
    let report: FlakyReport
    let missing: string | undefined
    let missingCpu: string | undefined

    beforeAll(async () => {
      missing = await missingMemoryLimit()
      missingCpu = (await whyUnenforceable({ cpu: 100 }))?.summary
      project = await exampleProject(platform, 'flaky')
      run = await sweep(
        project,
        ...['--shuffle', '--vary-clock', '--html=out/flaky.html', '--junit=out/junit.xml', '--markdown=out/summary.md'],
      )
      report = reportOf(project)
    })

    test('tells what each test depends on, and ends with 1', (context) => {
      requireCapability(context, missing)
      expect(run.exitCode, run.output).toBe(1)
      expect(report.sweep.state).toBe('completed')
      expect(findingOf(report, 'decodes a photo of 90 MiB')).toMatchObject({
        ...{ verdict: 'resource-affected', cause: 'out-of-memory' },
      })
      expect(findingOf(report, 'begins empty')).toMatchObject({
        verdict: 'order-dependent',
        polluters: ['takes a book'],
      })
      expect(findingOf(report, 'is due tomorrow')).toMatchObject({ verdict: 'flaky', cause: 'time' })
      expect(findingOf(report, 'has a code with a digit')).toMatchObject({ verdict: 'flaky', cause: 'randomness' })
      for (const name of ['takes a book', 'has a code of five characters'])
        expect(findingOf(report, name).verdict).toBe('stable-pass')
    })

    test('finds what depends on CPU, where it can be limited', (context) => {
      if (missingCpu === undefined)
        expect(findingOf(report, 'answers within a second')).toMatchObject({ verdict: 'resource-affected' })
      else {
        // An ordinary user has no say over CPU time on cgroup v1.
        expect(run.output).toContain('cpu limits are not varied')
        expect(report.sweep.settings.cpu).toEqual([null])
        requireCapability(context, missing)
      }
    })

    test('each finding comes with a command that makes it fail again, in one container', async (context) => {
      requireCapability(context, missing)
      const commands = (run.output.replaceAll(/ \\\n\s+/g, ' ').match(/npx mydocker flaky .*/g) ?? [])
        // Where CPU cannot be limited, whether it is slow is up to whatever else the machine does.
        .filter((command) => missingCpu === undefined || !command.includes('login.test.ts'))
      expect(commands.length).toBeGreaterThanOrEqual(4)
      for (const command of commands) {
        const again = await mydocker(project, command.replace('npx mydocker ', '').trim().split(' '))
        expect(again.exitCode, `${command}\n${again.output}`).toBe(1)
        expect(again.output).toContain('1 run of 1 file')
      }
    })

    test('writes the reports that were asked for', () => {
      expect(readFileSync(project.path('out/flaky.html'), 'utf8')).toContain('<h1>Flaky tests of ')
      expect(readFileSync(project.path('out/junit.xml'), 'utf8')).toContain('<testsuite')
      expect(readFileSync(project.path('out/summary.md'), 'utf8')).toContain('## Flaky tests')
    })

    test('leaves the project as it was', () => {
      expect(readdirSync(project.path('tests')).toSorted()).toEqual(
        ['album', 'cart', 'invoice', 'login', 'voucher'].map((name) => `${name}.test.ts`),
      )
    })
  })

  test('runs each time in a fresh container, in a project without the plugin too, by its own configuration', async () => {
    const project = await makeProject(platform, {
      'vitest.config.ts': `export default { test: { globals: true, include: ['**/*.check.ts'], globalSetup: 'setup.ts' } }`,
      'setup.ts': `export default (project) => { project.provide('given', 42) }`,
      'a.check.ts': ISOLATED,
      'b.check.ts': `import { inject } from 'vitest'\ntest('has what the set-up gives', () => expect(inject('given')).toBe(42))`,
    })
    const run = await sweep(project, '--runs=5', '--memory=max', '--cpu=max')
    expect(run.exitCode, run.output).toBe(0)
    expect(run.output).toContain('10 runs of 2 files')
    expect(run.output).toContain('2 stable-pass')
  })

  test('the time of day is another one for all that JavaScript asks, and goes on from there', async () => {
    const project = await makeProject(platform, {
      ...config(),
      'a.test.ts': `
        import { execFileSync } from 'node:child_process'
        import { expect, test, vi } from 'vitest'
        test('is the last second of 29 February in Kolkata', async () => {
          const begin = Date.now()
          expect(new Date(begin).toISOString()).toMatch(/^2028-02-29T18:29:5\\d/)
          expect(new Date().getHours()).toBe(23)
          expect(Date()).toContain('Feb 29 2028')
          expect(new Date() instanceof Date).toBe(true)
          expect(new (new Date().constructor)().getFullYear()).toBe(2028)
          expect(new Date(0).toISOString()).toBe('1970-01-01T00:00:00.000Z')
          expect(new Date(2020, 0, 1).toISOString()).toBe('2019-12-31T18:30:00.000Z')
          class Own extends Date {}
          expect(new Own().getFullYear()).toBe(2028)
          expect(Date.UTC(2020, 0)).toBe(1577836800000)
          expect(Intl.DateTimeFormat().resolvedOptions().timeZone).toBe('Asia/Calcutta')
          expect(execFileSync('date', ['+%z'], { encoding: 'utf8' }).trim()).toBe('+0530')
          vi.useFakeTimers({ now: 0 })
          expect(Date.now()).toBe(0)
          vi.useRealTimers()
          await new Promise((resolve) => setTimeout(resolve, 5))
          expect(Date.now()).toBeGreaterThan(begin)
        })`,
    })
    const clock = ['--clock=2028-02-29T18:29:55Z', '--time-zone=Asia/Kolkata']
    const run = await sweep(project, '--runs=1', '--memory=max', '--cpu=max', ...clock)
    expect(run.exitCode, run.output).toBe(0)
  })

  test('orders are those of Vitest with that seed, within suites too', async () => {
    const tests = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `test('${name}', () => {})`).join('\n')
    const project = await makeProject(platform, {
      ...config(),
      'a.test.ts': `import { describe, test } from 'vitest'\ndescribe('suite', () => { ${tests} })`,
    })
    await sweep(project, '--runs=8', '--memory=max', '--cpu=max', '--shuffle')
    const shuffled = reportOf(project).files.flatMap(({ runs }) =>
      runs.filter(({ sequence }) => sequence !== undefined),
    )
    expect(shuffled.length).toBeGreaterThanOrEqual(2)
    for (const { conditions, sequence } of shuffled.slice(0, 2)) {
      await sweep(project, '--runs=1', '--memory=max', '--cpu=max', `--order=${conditions.order}`)
      expect(reportOf(project).files[0]?.runs[0]?.sequence).toEqual(sequence)
      const order = ['--sequence.shuffle.tests', `--sequence.seed=${conditions.order}`]
      const { output } = await vitestRun(project, ['--reporter=verbose', '--pool=forks', ...order])
      const names = [...output.matchAll(/suite > ([a-f])\b/g)].map(([, name = '']) => 'abcdef'.indexOf(name))
      expect(names).toEqual(sequence)
    }
  })

  test('the same seed sweeps in the same way', async () => {
    const project = await makeProject(platform, { ...config(), 'dice.test.ts': DICE })
    const conditions = async (): Promise<unknown> => {
      await sweep(project, '--runs=6', '--memory=max', '--cpu=max', '--shuffle', '--vary-clock')
      return reportOf(project).files.map(({ runs }) => runs.map(({ conditions: each, outcomes }) => [each, outcomes]))
    }
    expect(await conditions()).toEqual(await conditions())
  })

  test('Ctrl-C gives the report so far, and --resume goes on from there', async () => {
    const project = await makeProject(platform, { ...config(), 'a.test.ts': PASSES, 'b.test.ts': PASSES })
    const args = ['flaky', '--seed=1', '--runs=400', '--memory=max', '--cpu=max', '--json=sweep.json']
    const running = mydockerRunning(project, args)
    const sweeps = project.path('node_modules/.vite/vitest/.mydocker/sweeps')
    await expect.poll(() => linesIn(sweeps), { timeout: 60_000 }).toBeGreaterThan(20)
    running.signal('SIGINT', 'process')
    const ended = await running.ended
    expect(ended.output).toMatch(/interrupted[\s\S]*--resume/)
    const first = reportOf(project).sweep
    expect(first).toMatchObject({ state: 'interrupted' })
    expect(first.totalRuns).toBeLessThan(800)
    const resumed = await mydocker(project, [...args, '--resume'])
    expect(resumed.exitCode, resumed.output).toBe(0)
    expect(reportOf(project).sweep).toMatchObject({ id: first.id, state: 'completed', totalRuns: 800 })
  })

  test('ends within its budget, with what it has found', async () => {
    const project = await makeProject(platform, { ...config(), 'a.test.ts': PASSES })
    const run = await sweep(project, '--runs=100000', '--memory=max', '--cpu=max', '--budget=2s')
    expect(run.output).toContain('budget')
    expect(reportOf(project)).toMatchObject({ sweep: { state: 'out-of-time' }, files: [{ open: true }] })
  })

  test('a quarantine list keeps known tests from failing it, and gets new ones', async () => {
    const project = await makeProject(platform, { ...config(), 'dice.test.ts': DICE })
    const only = ['--memory=max', '--cpu=max']
    const first = await sweep(project, ...only, '--write-quarantine=quarantine.json')
    expect(first.exitCode, first.output).toBe(1)
    expect(JSON.parse(readFileSync(project.path('quarantine.json'), 'utf8')).tests).toMatchObject([
      { file: 'dice.test.ts', test: 'rolls', reason: 'flaky: randomness' },
    ])
    const second = await sweep(project, ...only, '--quarantine=quarantine.json')
    expect(second.exitCode, second.output).toBe(0)
    const third = await sweep(project, ...only, '--fail-on=resource-affected')
    expect(third.exitCode, third.output).toBe(0)
  })

  test('finds the least memory that a file passes with, and writes it into overrides that a run obeys', async (context) => {
    requireCapability(context, await missingMemoryLimit())
    const project = await makeProject(platform, {
      'vitest.config.ts':
        config({ options: '{ overrides }' })['vitest.config.ts']?.replace(
          'export default',
          `import overrides from './mydocker.overrides.json' with { type: 'json' }\nexport default`,
        ) ?? '',
      'mydocker.overrides.json': '[]',
      'greedy.test.ts': `import { test } from 'vitest'\ntest('takes 90 MB', () => { Buffer.alloc(90_000_000, 1) })`,
    })
    const run = await sweep(project, '--runs=1', '--memory=max', '--cpu=max', '--write')
    expect(run.exitCode, run.output).toBe(0)
    const [{ minimumMemory } = {}] = reportOf(project).files
    expect(minimumMemory).toMatchObject({ passed: 29, runs: 29 })
    expect(minimumMemory?.limit).toBeGreaterThan(90_000_000)
    expect(minimumMemory?.tooSmall).toBe((minimumMemory?.limit ?? 0) - 4 * 2 ** 20)
    expect(run.output).toContain(`import overrides from './mydocker.overrides.json'`)
    const [override] = JSON.parse(readFileSync(project.path('mydocker.overrides.json'), 'utf8'))
    expect(override.include).toEqual(['greedy.test.ts'])
    expect((await vitestRun(project, [])).exitCode).toBe(0)
    writeFileSync(
      project.path('mydocker.overrides.json'),
      JSON.stringify([{ ...override, resources: { limits: { memory: '80Mi' } } }]),
    )
    expect((await vitestRun(project, [])).report.failure('greedy.test.ts', 'takes 90 MB')).toContain('80Mi')
  })

  test('what it cannot do it says before anything runs', async () => {
    const project = await makeProject(platform, { ...config(), 'a.test.ts': PASSES })
    const says = async (...args: string[]): Promise<string> => {
      const { exitCode, output } = await mydocker(project, ['flaky', ...args])
      expect(exitCode, output).toBe(125)
      return output
    }
    expect(await says('--fail-on=flakey')).toMatch(/'flakey' is no verdict[\s\S]*flaky/)
    expect(await says('--memory=64Mo')).toMatch(/--memory: '64Mo'/)
    expect(await says('--memory=32Mi')).toMatch(/--memory.*32Mi is below 64Mi/)
    expect(await says('--budget=soon')).toContain('a duration such as')
    expect(await says('--time-zone=Mars')).toContain('Asia/Kolkata')
    expect(await says('no-such-file')).toMatch(/finds no test files for no-such-file/)
    expect(await says('--resume')).toContain('no sweep to resume')
    expect(await says(`--root=${join(project.path('.'), 'nowhere')}`)).toContain('there is no directory')
  })
})

function linesIn(directory: string): number {
  try {
    return readdirSync(directory).reduce(
      (count, file) => count + readFileSync(join(directory, file), 'utf8').split('\n').length,
      0,
    )
  } catch {
    return 0
  }
}

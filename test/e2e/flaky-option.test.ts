import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { config } from '../support/config.ts'
import type { JsonReport } from '../support/json-report.ts'
import { onPlatforms } from '../support/platforms.ts'
import { makeProject, type Project } from '../support/project.ts'
import { type Run, vitest, vitestRun } from '../support/vitest-run.ts'

/** Counts the runs of a test file, on the host: containers do not remember. */
const run = (file: string): string => `
  import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
  import { expect, test } from 'vitest'
  appendFileSync('runs/${file}', 'x')
  const run = readFileSync('runs/${file}', 'utf8').length
  test('begins in a fresh container', () => {
    expect(existsSync('/tmp/remains')).toBe(false)
    writeFileSync('/tmp/remains', '')
  })`
const VOLUME = `volumes: [{ mountPath: process.cwd() + '/runs', hostPath: 'runs' }]`
const runsOf = async (project: Project, file: string): Promise<number> =>
  (await readFile(project.path(`runs/${file}`), 'utf8')).length

const files = {
  'runs/.keep': '',
  ...config({ options: `{ flaky: { runs: 4 }, ${VOLUME} }` }),
  'good.test.ts': `${run('good')}
    test('passes', () => console.log('printed by run ' + run))`,
  'flaky.test.ts': `${run('flaky')}
    test('fails the third time', () => {
      console.log('printed by run ' + run)
      expect(run).not.toBe(3)
    })`,
  'bad.test.ts': `${run('bad')}
    test('fails', () => { throw new Error('the reason') })`,
  'dies.test.ts': `${run('dies')}
    test('does not survive the second time', () => { if (run === 2) process.kill(process.pid, 'SIGKILL') })`,
}

describe.each(onPlatforms)('%s: flaky: { runs: 4 }', (_name, platform) => {
  let project: Project
  let ran: Run & { report: JsonReport }

  beforeAll(async () => {
    project = await makeProject(platform, files)
    ran = await vitestRun(project, [])
  })

  test('a file that passes is run as often, each time in a fresh container, and is reported once', async () => {
    expect(await runsOf(project, 'good')).toBe(4)
    expect(ran.report.file('/good.test.ts').status).toBe('passed')
    expect(ran.output.match(/stdout \| good\.test\.ts/g)).toHaveLength(1)
    expect(ran.output).toContain('printed by run 1')
  })

  test('one that fails after it has passed fails by what failed then, which is said to be flaky, and is not run again', async () => {
    expect(await runsOf(project, 'flaky')).toBe(3)
    const failure = ran.report.failure('/flaky.test.ts', 'fails the third time')
    expect(failure).toContain('expected 3 not to be 3')
    const sentence =
      'flaky.test.ts is flaky: it passed in 2 runs and failed in run 3 of up to 4, each in a fresh container'
    expect(failure).toContain(sentence)
    expect(ran.output).toContain(sentence)
    expect(ran.output).toContain('npx mydocker flaky flaky.test.ts')
    expect(ran.exitCode).toBe(1)
  })

  test('one that fails at once is a failure as ever', async () => {
    expect(await runsOf(project, 'bad')).toBe(1)
    const failure = ran.report.failure('/bad.test.ts', 'fails')
    expect(failure).toContain('the reason')
    expect(failure).not.toContain('flaky')
  })

  test('one whose container dies after it has passed fails by that, and is said to be flaky', async () => {
    expect(await runsOf(project, 'dies')).toBe(2)
    const failure = ran.report.failure('/dies.test.ts', 'does not survive the second time')
    expect(failure).toContain('SIGKILL')
    expect(failure).toContain('it passed in 1 run and failed in run 2 of up to 4')
  })
})

describe.each(onPlatforms)('%s: flaky: { onlyChanged }', (_name, platform) => {
  const git = (project: Project, ...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', '-C', project.path('.'), ...args], {
      encoding: 'utf8',
    })

  test('runs files again that are new or have changed since the commit, and the others once', async () => {
    const project = await makeProject(platform, {
      'runs/.keep': '',
      '.gitignore': 'node_modules\nruns\n',
      ...config({ options: `{ flaky: { runs: 3, onlyChanged: true }, ${VOLUME} }` }),
      'old.test.ts': run('old'),
      'edited.test.ts': run('edited'),
    })
    git(project, 'init', '--quiet', '--initial-branch=main')
    git(project, 'add', '.')
    git(project, 'commit', '--quiet', '--message=first')
    await writeFile(project.path('edited.test.ts'), `${run('edited')}\n// edited`)
    await writeFile(project.path('new.test.ts'), run('new'))
    const first = await vitestRun(project, [])
    expect(first.exitCode, first.output).toBe(0)
    expect(await Promise.all(['old', 'edited', 'new'].map((file) => runsOf(project, file)))).toEqual([1, 3, 3])

    git(project, 'checkout', '--quiet', '-b', 'branch')
    git(project, 'add', '.')
    git(project, 'commit', '--quiet', '--message=second')
    const second = await vitestRun(project, [], { env: { GITHUB_BASE_REF: '' } })
    expect(second.exitCode, second.output).toBe(0)
    expect(await Promise.all(['old', 'edited', 'new'].map((file) => runsOf(project, file)))).toEqual([2, 4, 4])

    await writeFile(
      project.path('vitest.config.ts'),
      (await readFile(project.path('vitest.config.ts'), 'utf8')).replace(
        'onlyChanged: true',
        `onlyChanged: true, changedSince: 'main'`,
      ),
    )
    const third = await vitestRun(project, [])
    expect(third.exitCode, third.output).toBe(0)
    expect(await Promise.all(['old', 'edited', 'new'].map((file) => runsOf(project, file)))).toEqual([3, 7, 7])
  })

  test('what git cannot tell, and restartPolicy OnFailure beside it, are refused before anything runs', async () => {
    const outside = await makeProject(platform, {
      ...config({ options: `{ flaky: { runs: 3, onlyChanged: true, changedSince: 'no-such-branch' } }` }),
      'a.test.ts': `import { test } from 'vitest'\ntest('runs', () => console.log('has run'))`,
    })
    git(outside, 'init', '--quiet')
    const unknown = await vitest(outside, ['run']).ended
    expect(unknown.exitCode).toBe(1)
    expect(unknown.output).toMatch(
      /flaky\.onlyChanged: git cannot tell what has changed: git merge-base no-such-branch/,
    )
    expect(unknown.output).not.toContain('has run')

    const both = await makeProject(platform, {
      ...config({ options: `{ flaky: { runs: 3 }, restartPolicy: 'OnFailure' }` }),
      'a.test.ts': `import { test } from 'vitest'\ntest('runs', () => console.log('has run'))`,
    })
    const refused = await vitestRun(both, [])
    expect(refused.report.file('/a.test.ts').message).toMatch(
      /flaky \(plugin options\) runs the file until it fails, restartPolicy OnFailure \(plugin options\) until it passes/,
    )
  })
})

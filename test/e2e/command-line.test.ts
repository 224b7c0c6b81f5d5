import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { config, plugin } from '../support/config.ts'
import { onPlatforms } from '../support/platforms.ts'
import { makeProject, type Project } from '../support/project.ts'
import { vitest, vitestRun } from '../support/vitest-run.ts'

/** Each file tests its own source, and tells which process it ran in. */
const numbered = Object.fromEntries(
  [1, 2, 3, 4].flatMap((n) => [
    [`src/${n}.ts`, `export const n = ${n}\n`],
    [
      `${n}.test.ts`,
      `import { expect, test } from 'vitest'
       import { n } from './src/${n}'
       test('number ${n}', () => { expect(n).toBe(${n}); expect(process.pid).toBeLessThan(10) })`,
    ],
  ]),
)

describe.each(onPlatforms)('%s: the command line', (_name, platform) => {
  let project: Project

  beforeAll(async () => {
    project = await makeProject(platform, {
      // No pool in the configuration: the command line chooses it.
      'vitest.config.ts': `
        import { defineConfig } from 'vitest/config'
        import { mydocker } from 'vitest-pool-mydocker'
        export default defineConfig({ plugins: [${plugin()}], test: {} })`,
      ...numbered,
    })
    await project.commit()
  })

  test('--pool mydocker, --shard and --reporter=blob; then --merge-reports into JUnit', async () => {
    for (const shard of ['1/2', '2/2']) {
      const run = await vitest(project, ['run', '--pool', 'mydocker', `--shard=${shard}`, '--reporter=blob']).ended
      expect(run.exitCode, run.output).toBe(0)
    }
    const merged = await vitest(project, ['run', '--merge-reports', '--reporter=junit', '--outputFile=merged.xml'])
      .ended
    expect(merged.exitCode, merged.output).toBe(0)
    const junit = readFileSync(project.path('merged.xml'), 'utf8')
    expect(junit).toContain('tests="4" failures="0"')
    for (const n of [1, 2, 3, 4]) expect(junit).toContain(`number ${n}`)
  })

  test('--changed runs what depends on an edited file', async () => {
    await project.write({ 'src/2.ts': 'export const n = 1 + 1\n' })
    const run = await vitestRun(project, ['--pool=mydocker', '--changed'])
    expect(run.exitCode, run.output).toBe(0)
    expect(run.report.outcomes(project.directory)).toEqual(['2.test.ts > number 2: passed'])
    await project.git('checkout', '--quiet', 'src/2.ts')
  })

  test('--bail stops after the first failure', async () => {
    await project.write({
      '0.test.ts': `
        import { test } from 'vitest'
        test('fails', () => { throw new Error('first failure') })
        test('is not run', () => {})`,
    })
    const run = await vitestRun(project, [
      '--pool=mydocker',
      '--bail=1',
      '--maxWorkers=1',
      '--sequence.shuffle.files=false',
    ])
    expect(run.exitCode).toBe(1)
    expect(run.report.content.numFailedTests).toBe(1)
    expect(run.report.test('0.test.ts', 'is not run').status).not.toBe('passed')
    expect(run.output).not.toContain('Unhandled')
    await project.git('clean', '-fdq', '0.test.ts')
  })

  test('list', async () => {
    const lists = ['forks', 'mydocker'].map(
      (pool) => vitest(project, ['list', `--pool=${pool}`, '--no-static-parse']).ended,
    )
    const [forks, ours] = await Promise.all(lists)
    expect(ours?.exitCode, ours?.output).toBe(0)
    expect(ours?.stdout.trim().split('\n').sort()).toEqual(forks?.stdout.trim().split('\n').sort())
  })

  test('--no-isolate: the files of a worker share one container', async () => {
    const shared = await makeProject(platform, {
      ...config({ test: `isolate: false, maxWorkers: 1` }),
      ...Object.fromEntries(
        ['a', 'b', 'c'].map((name) => [
          `${name}.test.ts`,
          `import { readlinkSync, appendFileSync, readFileSync } from 'node:fs'
           import { test } from 'vitest'
           test('where', ({ task }) => {
             appendFileSync('/tmp/files', '${name} ')
             task.meta.where = { mounts: readlinkSync('/proc/self/ns/mnt'), pid: process.pid, files: readFileSync('/tmp/files', 'utf8') }
           })`,
        ]),
      ),
    })
    const run = await vitestRun(shared, [])
    expect(run.exitCode, run.output).toBe(0)
    const found = ['a', 'b', 'c'].map((name) => run.report.test(`${name}.test.ts`, 'where').meta.where)
    expect(new Set(found.map((where) => JSON.stringify({ ...Object(where), files: '' }))).size).toBe(1)
    expect(JSON.stringify(found)).toMatch(/[abc] [abc] [abc] /)
  })

  test('bench', async () => {
    const benchmarks = await makeProject(platform, {
      ...config(),
      'sort.bench.ts':
        platform.vitest === '4.1'
          ? `import { bench, describe } from 'vitest'
             describe('sorting', () => {
               bench('in place ' + process.pid, () => { [3, 1, 2].sort() }, { time: 20, warmupTime: 0 })
             })`
          : `import { expect, test } from 'vitest'
             test('sorting', async ({ bench }) => {
               await bench('in place ' + process.pid, () => { [3, 1, 2].sort() }).run({ time: 20, warmupTime: 0 })
             })`,
    })
    const run = await vitest(benchmarks, ['bench', '--run']).ended
    expect(run.exitCode, run.output).toBe(0)
    expect(run.output).toMatch(/in place \d\b/)
  })

  test('attachments are kept', async () => {
    const annotated = await makeProject(platform, {
      ...config(),
      'annotated.test.ts': `
        import { mkdtempSync, writeFileSync } from 'node:fs'
        import { tmpdir } from 'node:os'
        import { test } from 'vitest'
        test('annotates', async ({ annotate }) => {
          const path = mkdtempSync(tmpdir() + '/') + '/made-inside.txt'
          writeFileSync(path, 'content of the attachment')
          await annotate('a note', { path, contentType: 'text/plain' })
          await annotate('inline', { body: 'SU5MSU5F', contentType: 'text/plain' })
        })`,
    })
    const run = await vitestRun(annotated, [])
    expect(run.exitCode, run.output).toBe(0)
    const directory = annotated.path(platform.vitest === '4.1' ? '.vitest-attachments' : '.vitest/attachments')
    expect(existsSync(directory), run.output).toBe(true)
    const contents = readdirSync(directory).map((name) => readFileSync(`${directory}/${name}`, 'utf8'))
    expect(contents).toContain('content of the attachment')
  })

  test.each(['--inspect', '--inspect-brk'])('%s is refused with the way out', async (flag) => {
    const run = await vitest(project, ['run', '--pool=mydocker', flag, '--no-file-parallelism']).ended
    expect(run.exitCode).toBe(1)
    expect(run.output).toContain('--pool forks')
    expect(run.output).not.toContain('number 1')
  })
})

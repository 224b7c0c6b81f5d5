import { beforeAll, describe, expect, test } from 'vitest'
import { config } from '../support/config.ts'
import type { JsonReport } from '../support/json-report.ts'
import { onPlatforms } from '../support/platforms.ts'
import { type Files, makeProject } from '../support/project.ts'
import { type Run, vitestRun } from '../support/vitest-run.ts'
import { dependency, isForked } from '../support/zygote.ts'

interface Obstacle {
  /** What the package `NAME-package` does when it is loaded; nothing without it. */
  readonly source?: string
  /** More of the project's configuration, as source. */
  readonly test?: string
  /** What the event says. */
  readonly cause: RegExp
}

const obstacles: Readonly<Record<string, Obstacle>> = {
  thread: {
    source: `import { Worker } from 'node:worker_threads'; new Worker('setInterval(() => {}, 1000)', { eval: true }).unref()`,
    cause: /has started threads, which a fork would lack/,
  },
  server: {
    source: `import { createServer } from 'node:net'; createServer().listen(0, '127.0.0.1')`,
    cause: /does not come to an end: .*TCPServerWrap/i,
  },
  quietServer: {
    source: `import { createServer } from 'node:net'; await new Promise((resolve) => createServer().listen(0, '127.0.0.1', resolve).unref())`,
    cause: /has left open: socket/,
  },
  interval: { source: `setInterval(() => {}, 1000)`, cause: /does not come to an end: .*Timeout/ },
  file: {
    source: `import { openSync } from 'node:fs'; openSync('/etc/passwd')`,
    cause: /has left open: \/etc\/passwd/,
  },
  abort: { source: `process.abort()`, cause: /SIGABRT/ },
  exits: { source: `process.exit(3)`, cause: /exit status 3/ },
  child: {
    source: `import { spawn } from 'node:child_process'; spawn('sleep', ['1000'], { stdio: 'ignore' })`,
    cause: /does not come to an end: .*ProcessWrap/i,
  },
  profile: { test: `execArgv: ['--cpu-prof', '--cpu-prof-dir=profiles']`, cause: /--cpu-prof cannot be shared/ },
  heapProfile: { test: `execArgv: ['--heap-prof', '--heap-prof-dir=profiles']`, cause: /--heap-prof cannot be shared/ },
  inspect: { test: `execArgv: ['--inspect=127.0.0.1:0']`, cause: /--inspect cannot be shared/ },
  coverage: { test: `env: { NODE_V8_COVERAGE: 'coverage-of-node' }`, cause: /NODE_V8_COVERAGE is set/ },
}
const names = Object.keys(obstacles)

/** Whether it is forked, and an answer of the package where there is one. */
const reporter = (name: string, source: string | undefined): string => `
  import { test } from 'vitest'
  test('starts', async ({ task }) => { task.meta.isForked = ${isForked} })
  ${source === undefined || /abort|exit|throw|=> \{\}\)$/.test(source) ? '' : `test('has the package', () => import('${name}-package'))`}`

function projectOf([name, { source, test = '' }]: [string, Obstacle]): string {
  const warm = source === undefined ? '[]' : `['${name}-package']`
  return `{ extends: true, test: { name: '${name}', include: ['${name}/*.test.ts'], mydocker: { start: 'zygote', warm: ${warm} }, ${test} } },`
}

const files: Files = Object.assign(
  {
    ...config({
      options: `{ start: 'auto' }`,
      test: `projects: [${Object.entries(obstacles).map(projectOf).join('\n')}]`,
    }),
  },
  ...Object.entries(obstacles).map(([name, { source }]) => ({
    [`${name}/one.test.ts`]: reporter(name, source),
    [`${name}/two.test.ts`]: reporter(name, source),
    ...(source === undefined ? {} : dependency(`${name}-package`, source)),
  })),
)

describe.each(onPlatforms)('%s: a process that cannot be forked', (_name, platform) => {
  let run: Run & { report: JsonReport }

  beforeAll(async () => {
    const project = await makeProject(platform, files)
    run = await vitestRun(project, [], { mayStartCold: true })
  })

  test('is no reason for a test to fail', () => {
    expect(run.exitCode, run.output).toBe(0)
    expect(run.report.content.testResults).toHaveLength(2 * names.length)
  })

  test.each(names)('is replaced by a cold start, of which an event names the cause: %s', (name) => {
    for (const file of ['one', 'two'])
      expect(run.report.test(`/${name}/${file}.test.ts`, 'starts').meta.isForked).toBe(false)
    const events = run.output.split('\n').filter((line) => line.includes(`test files of project '${name}'`))
    expect(events, run.output).toHaveLength(1)
    expect(events[0]).toContain(`ZygoteUnavailable: test files of project '${name}' are started with 'exec': `)
    expect(events[0]).toMatch(obstacles[name]?.cause ?? /^$/)
  })
})

describe.each(onPlatforms)('%s: a package that cannot be loaded ahead', (_name, platform) => {
  test('is named, and the files are forked without it', async () => {
    const project = await makeProject(platform, {
      ...config({
        options: `{ start: 'zygote', warm: ['missing-package', './own', 'inlined', 'external', 'external/deep', 'node:zlib'] }`,
        test: `server: { deps: { inline: ['inlined'] } }`,
      }),
      'own.ts': `console.log('own was loaded by ' + process.pid)`,
      ...dependency('inlined', `console.log('inlined was loaded by ' + process.pid)`),
      ...dependency('external', `export const pid = process.pid`, { 'deep.js': 'export const pid = process.pid' }),
      'one.test.ts': `
        import { expect, test } from 'vitest'
        import { pid } from 'external'
        import { pid as deep } from 'external/deep'
        test('is forked', async () => { expect(${isForked}).toBe(true) })
        test('finds what is external loaded', () => {
          expect(pid).not.toBe(process.pid)
          expect(deep).toBe(pid)
        })`,
    })
    const run = await vitestRun(project, [])
    expect(run.exitCode, run.output).toBe(0)
    expect(run.output).toMatch(/NotWarmed: warm: 'missing-package' cannot be found/)
    expect(run.output).toMatch(/NotWarmed: warm: '\.\/own' is transformed by Vite/)
    expect(run.output).toMatch(/NotWarmed: warm: 'inlined' is transformed by Vite/)
    expect(run.output.match(/NotWarmed/g)).toHaveLength(3)
    expect(run.output).not.toContain('was loaded by')
  })

  test('is named and left out when that shows only as it is loaded, and what others did with it', async () => {
    const hook = 'beforeEach(() => { globalThis.calls = (globalThis.calls ?? 0) + 1 })'
    const file = (name: string): string => `
      import { expect, test } from 'vitest'
      import { pid } from 'external'
      import '${name}'
      test('is forked, and has the other package loaded', async () => {
        expect(${isForked}).toBe(true)
        expect(pid).not.toBe(process.pid)
      })
      test('has the hook', () => { expect(globalThis.calls).toBe(2) })`
    const project = await makeProject(platform, {
      ...config({
        options: `{ start: 'zygote', warm: ['throws', 'hook', 'external', 'global-hook'] }`,
        test: `globals: true`,
      }),
      ...dependency('external', `export const pid = process.pid`),
      ...dependency('throws', `console.log('throws was loaded'); throw new Error('no luck')`),
      ...dependency('hook', `import { beforeEach } from 'vitest'; ${hook}`),
      ...dependency('global-hook', hook),
      'hook.test.ts': file('hook'),
      'global-hook.test.ts': file('global-hook'),
    })
    const run = await vitestRun(project, [])
    expect(run.exitCode, run.output).toBe(0)
    const problems = run.output.split('\n').filter((line) => line.includes('NotWarmed'))
    expect(problems).toHaveLength(3)
    expect(problems[0]).toMatch(/warm: 'throws' cannot be loaded ahead: no luck/)
    expect(problems[1]).toMatch(/'hook' .* it calls beforeEach as it is loaded.*testing-library\/react\/pure/)
    expect(problems[2]).toMatch(/'global-hook' .* it calls beforeEach as it is loaded/)
    expect(run.output).not.toContain('Zygote')
  })
})

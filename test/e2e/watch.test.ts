import { mkdirSync, readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { missingMemoryLimit } from '../support/cgroups.ts'
import { config } from '../support/config.ts'
import { mounts, remaining, tracesOf, until, untilEmpty } from '../support/leftovers.ts'
import { onPlatforms } from '../support/platforms.ts'
import { makeProject } from '../support/project.ts'
import { vitest } from '../support/vitest-run.ts'

describe.each(onPlatforms)('%s: watch mode in a terminal', (_name, platform) => {
  test('runs again what an edit touches, in fresh containers, and ends with q', async () => {
    const project = await makeProject(platform, {
      ...config(),
      'value.ts': 'export const value = 1',
      'edited.test.ts': `
        import { existsSync, writeFileSync } from 'node:fs'
        import { expect, test } from 'vitest'
        import { value } from './value'
        test('value', () => {
          expect(existsSync('/tmp/was-here')).toBe(false)
          writeFileSync('/tmp/was-here', '')
          writeFileSync('written-inside.txt', '')
          console.log('the value is ' + value)
        })`,
      'untouched.test.ts': `import { test } from 'vitest'; test('x', () => { console.log('untouched') })`,
    })
    const run = vitest(project, ['--watch'], { terminal: true })
    await run.printed(/Waiting for file changes/)
    expect(run.output()).toContain('the value is 1')
    for (const value of [2, 3]) {
      const before = run.output().length
      await project.write({ 'value.ts': `export const value = ${value}` })
      const again = await run.printed(/Waiting for file changes/, before)
      expect(again).toContain(`the value is ${value}`)
      expect(again).toContain('1 passed')
      expect(again).not.toContain('untouched')
    }
    const before = run.output().length
    run.type('a')
    expect(await run.printed(/Waiting for file changes/, before)).toContain('untouched')
    const traces = tracesOf(run.pid)
    run.type('q')
    const end = await run.ended
    expect(end.exitCode, end.output).toBe(0)
    expect(await untilEmpty(() => remaining(traces))).toEqual([])
  })
})

describe.each(onPlatforms)('%s: Ctrl-C', (_name, platform) => {
  const files = {
    ...config({ test: `maxWorkers: 1, teardownTimeout: 3000` }),
    'a.test.ts': `
      import { test } from 'vitest'
      test('slow', { timeout: 60_000 }, async () => {
        process.stdout.write('slow has begun\\n')
        await new Promise((resolve) => setTimeout(resolve, 1500))
        process.stdout.write('slow has ended\\n')
      })
      test('behind', () => { process.stdout.write('behind was run\\n') })`,
    'b.test.ts': `import { test } from 'vitest'; test('next file', () => { process.stdout.write('next file was run\\n') })`,
  }

  test.each(['watch', 'run'])('once in %s mode does what it does with forks, and nothing is left', async (mode) => {
    const ends = []
    for (const pool of ['forks', 'mydocker']) {
      const project = await makeProject(platform, files)
      const run = vitest(project, [mode, `--pool=${pool}`], { terminal: true })
      await run.printed(/slow has begun/)
      const traces = tracesOf(run.pid)
      run.type('\x03')
      const { exitCode, output } = await run.ended
      ends.push({ exitCode, ...flags(output) })
      expect(await untilEmpty(() => remaining(traces))).toEqual([])
    }
    expect(ends[1]).toEqual(ends[0])
    expect(ends[1]).toMatchObject({ cancelled: mode === 'watch', next: false })
    expect(ends[1]?.exitCode).not.toBe(0)
  })

  test('twice in watch mode ends everything at once', async () => {
    const project = await makeProject(platform, {
      ...files,
      'a.test.ts': `
        import { test } from 'vitest'
        test('for ever', { timeout: 0 }, async () => {
          process.stdout.write('slow has begun\\n')
          for (;;) await new Promise((resolve) => setTimeout(resolve, 100))
        })`,
    })
    const run = vitest(project, ['watch'], { terminal: true })
    await run.printed(/slow has begun/)
    const traces = tracesOf(run.pid)
    run.type('\x03')
    await run.printed(/Cancelling test run/)
    run.type('\x03')
    const end = await run.ended
    expect(end.exitCode, end.output).not.toBe(0)
    expect(await untilEmpty(() => remaining(traces))).toEqual([])
  })

  test.each(['SIGTERM', 'SIGKILL'] as const)('%s to the main process leaves nothing', async (signal) => {
    const project = await makeProject(platform, {
      ...files,
      'a.test.ts': `
        import { spawn } from 'node:child_process'
        import { writeFileSync } from 'node:fs'
        import { test } from 'vitest'
        test('for ever', { timeout: 0 }, async () => {
          spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' }).unref()
          writeFileSync('/tmp/big', Buffer.alloc(1_000_000))
          process.stdout.write('slow has begun\\n')
          for (;;) await new Promise((resolve) => setTimeout(resolve, 100))
        })`,
    })
    const temporary = project.path('tmp')
    mkdirSync(temporary)
    const mountsBefore = mounts()
    const run = vitest(project, ['run'], { env: { TMPDIR: temporary } })
    await run.printed(/slow has begun/)
    await until('sleep runs', () => tracesOf(run.pid).processes.some(({ command }) => command === 'sleep'))
    const traces = tracesOf(run.pid)
    if ((await missingMemoryLimit()) === undefined) expect(traces.cgroups).not.toEqual([])
    expect(mounts()).toEqual(mountsBefore)
    run.signal(signal, 'process')
    await run.ended
    expect(await untilEmpty(() => [...remaining(traces), ...readdirSync(temporary)])).toEqual([])
    expect(mounts()).toEqual(mountsBefore)
  })
})

function flags(output: string): object {
  return {
    cancelled: output.includes('Cancelling test run'),
    ended: output.includes('slow has ended'),
    behind: output.includes('behind was run'),
    next: output.includes('next file was run'),
  }
}

import { existsSync, readdirSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { config } from '../support/config.ts'
import type { JsonReport } from '../support/json-report.ts'
import { mounts, remaining, tracesOf, until, untilEmpty } from '../support/leftovers.ts'
import { onPlatforms } from '../support/platforms.ts'
import { type Files, makeProject } from '../support/project.ts'
import { type Run, type Running, vitest, vitestRun } from '../support/vitest-run.ts'
import { dependency, isForked, zygotesOf } from '../support/zygote.ts'

const pid = dependency('where', `export const pid = process.pid`)

/** A server in the main process that ends a client's connection when the test says so: containers wait there. */
const gate = `
  import { once } from 'node:events'
  import { createServer } from 'node:net'
  export async function setup({ provide }) {
    const clients = new Set()
    const server = createServer((client) => clients.add(client.on('error', () => {}).resume())).listen(0, '127.0.0.1')
    await once(server, 'listening')
    provide('gate', server.address().port)
    process.on('SIGUSR2', () => { for (const client of clients) client.end('open'); clients.clear() })
    return () => server.close()
  }`

/** Tells of which zygote it is, and waits at the gate. */
const waiting = `
  import { connect } from 'node:net'
  import { inject, test } from 'vitest'
  import { pid } from 'where'
  test('where', ({ task }) => { task.meta.zygote = pid === process.pid ? 'none' : pid })
  test('waits', () => new Promise((resolve, reject) => {
    connect(inject('gate'), '127.0.0.1').on('connect', () => console.log('waits at the gate')).on('error', reject).resume().on('end', resolve)
  }))`

const quick = `
  import { test } from 'vitest'
  import { pid } from 'where'
  test('where', ({ task }) => { task.meta.zygote = pid === process.pid ? 'none' : pid })`

function suite(waitingFiles: number): Files {
  const names = Array.from({ length: 10 }, (_, index) => `f${index}`)
  return {
    ...config({
      options: `{ start: 'zygote', warm: ['where'] }`,
      test: `maxWorkers: 2, globalSetup: './gate.ts', sequence: { sequencer: Alphabet }, testTimeout: 60_000`,
    }),
    ...Object.fromEntries(names.map((name, index) => [`${name}.test.ts`, index < waitingFiles ? waiting : quick])),
    'gate.ts': gate,
    ...pid,
  }
}

/** Runs files in the order of their names. */
function inOrder(files: Files): Files {
  const text = `
    import { BaseSequencer } from 'vitest/node'
    class Alphabet extends BaseSequencer {
      async sort(files) { return [...files].sort((a, b) => a.moduleId < b.moduleId ? -1 : 1) }
    }
    ${files['vitest.config.ts']}`
  return { ...files, 'vitest.config.ts': text }
}

/** Kills the zygote with SIGKILL each time that two files wait, and lets them go on. */
async function killAtGates(run: Running, times: number): Promise<void> {
  for (let n = 1; n <= times; n++) {
    await run.printed(new RegExp(`(waits at the gate[\\s\\S]*){${2 * n}}`))
    const zygotes = zygotesOf(run.pid)
    expect(zygotes).toHaveLength(1)
    for (const zygote of zygotes) process.kill(zygote, 'SIGKILL')
    // Not only dead: while its parent has not been told, it may have the next files forked.
    await until('the zygote is gone', () => !zygotes.some((zygote) => existsSync(`/proc/${zygote}`)))
    run.signal('SIGUSR2', 'process')
  }
}

describe.each(onPlatforms)('%s: a zygote that dies', (_name, platform) => {
  test.each([
    { deaths: 1, last: 'another zygote' },
    { deaths: 3, last: 'none' },
  ])('$deaths times: no file notices, the cause is told, and the last file has $last', async ({ deaths, last }) => {
    const project = await makeProject(platform, inOrder(suite(2 * deaths)))
    const run = vitest(project, ['run', '--reporter=default', '--reporter=json', '--outputFile.json=report.json'])
    await killAtGates(run, deaths)
    const { exitCode, output } = await run.ended
    expect(exitCode, output).toBe(0)
    expect(output).toContain('10 passed')
    const lines = output.split('\n').filter((line) => line.includes('ZygoteDied'))
    expect(lines[0]).toMatch(/ZygoteDied: .*SIGKILL.*another one takes its place/)
    expect(lines).toHaveLength(deaths === 1 ? 1 : 2)
    if (deaths > 1) expect(lines[1]).toMatch(/the files that are left are started without one/)
    const found = await whereabouts(project.path('report.json'))
    expect(found.get('f0')).not.toBe('none')
    expect(found.get('f0')).toBe(found.get('f1'))
    if (last === 'none') expect(found.get('f9')).toBe('none')
    else expect(['none', found.get('f0')]).not.toContain(found.get('f9'))
  })
})

async function whereabouts(file: string): Promise<Map<string, unknown>> {
  const { readFile } = await import('node:fs/promises')
  const { parseJsonReport } = await import('../support/json-report.ts')
  const { content } = parseJsonReport(await readFile(file, 'utf8'))
  return new Map(
    content.testResults.map(({ name, assertionResults }) => [
      name.replace(/.*\/|\.test\.ts$/g, ''),
      assertionResults.find(({ title }) => title === 'where')?.meta.zygote,
    ]),
  )
}

/** Ends of test files that are not their own choice, or not Vitest's. */
const ends: Files = {
  'exit.test.ts': `import { test } from 'vitest'; test('before', () => {}); test('end', () => { process.exit(3) })`,
  'really.test.ts': `import { test } from 'vitest'; test('before', () => {}); test('end', () => { process.reallyExit(3) })`,
  'abort.test.ts': `import { test } from 'vitest'; test('before', () => {}); test('end', () => { process.abort() })`,
  'kill.test.ts': `import { test } from 'vitest'; test('end', () => { process.kill(process.pid, 'SIGKILL'); for (;;); })`,
  'term.test.ts': `import { test } from 'vitest'; test('end', async () => { process.kill(process.pid, 'SIGTERM'); await new Promise((r) => setTimeout(r, 5000)) })`,
  'segv.test.ts': `import { test } from 'vitest'; test('end', () => { process.kill(process.pid, 'SIGSEGV'); for (;;); })`,
  'import.test.ts': `import { test } from 'vitest'; process.kill(process.pid, 'SIGKILL'); for (;;); test('never', () => {})`,
  'throw.test.ts': `import { test } from 'vitest'; test('end', async () => { setTimeout(() => { throw new Error('thrown by a timer') }, 1); await new Promise((r) => setTimeout(r, 50)) })`,
  'reject.test.ts': `import { test } from 'vitest'; test('end', async () => { Promise.reject(new Error('rejected by nobody')); await new Promise((r) => setTimeout(r, 50)) })`,
  'group.test.ts': `import { test } from 'vitest'; test('end', async () => { process.on('SIGTERM', () => {}); process.kill(0, 'SIGTERM'); await new Promise((r) => setTimeout(r, 20)) })`,
  'daemon.test.ts': `import { spawn } from 'node:child_process'; import { test } from 'vitest'; test('end', () => { spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' }).unref() })`,
  'print.test.ts': `import { test } from 'vitest'; test('end', () => { process.stdout.write('on stdout\\n'); process.stderr.write('on stderr\\n'); console.log('x'.repeat(300_000)) })`,
}

describe.each(onPlatforms)('%s: the end of a forked process', (_name, platform) => {
  const runs: Partial<Record<'zygote' | 'exec', Run & { report: JsonReport }>> = {}

  beforeAll(async () => {
    for (const start of ['zygote', 'exec'] as const) {
      const project = await makeProject(platform, {
        ...config({ options: `{ start: '${start}' }`, test: 'maxWorkers: 2' }),
        ...ends,
        'start.test.ts': `import { test } from 'vitest'; test('start', async ({ task }) => { task.meta.isForked = ${isForked} })`,
      })
      runs[start] = await vitestRun(project, [])
    }
  })

  const told = (start: 'zygote' | 'exec', file: string): string[] => {
    const run = runs[start]
    if (run === undefined) throw new Error('no run')
    const { message, assertionResults } = run.report.file(`/${file}`)
    const lines = [message, ...assertionResults.flatMap((each) => [each.title, each.status, ...each.failureMessages])]
    return lines.map((line) =>
      String(line)
        .replaceAll(/projects\/\w+/g, 'projects/…')
        .replaceAll(/\bpid \d+|\d+(\.\d+)? ?Mi|after \d+ ms/g, '…'),
    )
  }

  test('is seen in both kinds of containers', () => {
    expect(runs.zygote?.report.test('/start.test.ts', 'start').meta.isForked, runs.zygote?.output).toBe(true)
    expect(runs.exec?.report.test('/start.test.ts', 'start').meta.isForked, runs.exec?.output).toBe(false)
    expect(runs.zygote?.exitCode).toBe(runs.exec?.exitCode)
    expect(runs.zygote?.output).not.toMatch(/Zygote/)
  })

  test.each(Object.keys(ends))('is told as that of one that was started cold: %s', (file) => {
    expect(told('zygote', file)).toEqual(told('exec', file))
  })

  test.each(['thrown by a timer', 'rejected by nobody', 'on stdout', 'on stderr'])('%s', (text) => {
    const count = (start: 'zygote' | 'exec'): number | undefined => runs[start]?.output.split(text).length
    expect(count('zygote')).toBe(count('exec'))
    expect(count('zygote')).toBeGreaterThan(1)
  })
})

describe.each(onPlatforms)('%s: after a run with a zygote', (_name, platform) => {
  const forEver = `
    import { spawn } from 'node:child_process'
    import { test } from 'vitest'
    test('for ever', { timeout: 0 }, async () => {
      spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' }).unref()
      console.log('has begun')
      for (;;) await new Promise((resolve) => setTimeout(resolve, 100))
    })`

  test.each(['end', 'SIGINT', 'SIGKILL'] as const)('nothing is left: %s', async (end) => {
    const project = await makeProject(platform, {
      ...suite(2),
      ...inOrder(suite(2)),
      ...(end === 'end' ? {} : { 'f0.test.ts': forEver, 'f1.test.ts': forEver }),
    })
    const temporary = project.path('tmp')
    await project.write({ 'tmp/.keep': '' })
    const before = mounts()
    const run = vitest(project, ['run'], { env: { TMPDIR: temporary } })
    await run.printed(end === 'end' ? /(waits at the gate[\s\S]*){2}/ : /(has begun[\s\S]*){2}/)
    expect(zygotesOf(run.pid)).toHaveLength(1)
    const traces = tracesOf(run.pid)
    run.signal(end === 'end' ? 'SIGUSR2' : end, 'process')
    await run.ended
    const rest = (): string[] => [...remaining(traces), ...readdirSync(temporary).filter((name) => name !== '.keep')]
    expect(await untilEmpty(rest)).toEqual([])
    expect(mounts()).toEqual(before)
  })
})

import { readdirSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import type { JsonReport } from '../../support/json-report.ts'
import { mounts, remaining, tracesOf, untilEmpty } from '../../support/leftovers.ts'
import { onPlatforms, type Platform } from '../../support/platforms.ts'
import { type Files, makeProject } from '../../support/project.ts'
import { type Run, type Running, vitest, vitestRun } from '../../support/vitest-run.ts'
import { dependency } from '../../support/zygote.ts'
import { innocentFiles, STEPS, striker, strikers, strikingProject } from './strikes.ts'

// What files cannot strike at from inside their containers.

const WARM = `{ start: 'zygote', warm: ['struck'] }`
/** A module that the zygote loads ahead, and in which it stays. */
const stays = dependency(
  'struck',
  `import { writeSync } from 'node:fs'
   writeSync(1, 'struck here\\n')
   Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)`,
)
/** The same for a process that kills itself. */
const dies = dependency('struck', `process.kill(process.pid, 'SIGKILL'); for (;;);`)
const innocents = innocentFiles('a', 'b', 'c', 'y', 'z')

/** Parts of the life of a run, by how the main process is struck in them. */
const MAIN: Readonly<Record<string, Files>> = {
  'while the suite is set up': {
    ...strikingProject('{}', innocents),
    'control.ts': `export async function setup() { process.stdout.write('struck here\\n'); await new Promise(() => setInterval(() => {}, 1000)) }`,
  },
  'while a zygote gets ready': { ...strikingProject(WARM, innocents), ...stays },
  ...Object.fromEntries(
    STEPS.map((step) => [
      `while a file is at ${step}`,
      strikingProject('{}', strikers([striker('SIGKILL', 'main', step)])),
    ]),
  ),
}

describe.each(onPlatforms)('%s', (_name, platform) => {
  test.each(Object.entries(MAIN))('killed outside: the main process, %s', async (_when, files) => {
    const left = await strike(platform, files, (run) => run.signal('SIGKILL', 'process'))
    expect(left).toEqual([])
  })

  test('stopped outside: the main process, which then goes on', async () => {
    const files = strikingProject('{}', { ...innocents, ...strikers([striker('SIGSTOP', 'main', 'test')]) })
    const project = await makeProject(platform, files)
    const run = vitest(project, ['run'])
    await run.printed(/struck here/)
    run.signal('SIGSTOP', 'process')
    run.signal('SIGCONT', 'process')
    run.type('\n')
    expect((await run.ended).output).toMatch(/Tests\s+8 passed/)
  })

  describe('a zygote', () => {
    const file = (signal: 'SIGKILL' | 'SIGSTOP', step: (typeof STEPS)[number]): string =>
      striker(signal, 'zygote', step)
    const steps = ['setup', 'test', 'teardown'] as const
    let killed: Run & { report: JsonReport }

    beforeAll(async () => {
      const files = { ...innocents, ...strikers(steps.map((step) => file('SIGKILL', step))) }
      killed = await vitestRun(await makeProject(platform, strikingProject(`{ start: 'zygote' }`, files)), [], {
        mayStartCold: true,
      })
    })

    test.each(steps)('killed outside: the zygote, while a file is at %s', (step) => {
      expect(killed.output).toContain(`struck here: ${file('SIGKILL', step)}`)
      const statuses = killed.report.file(`/${file('SIGKILL', step)}`).assertionResults.map(({ status }) => status)
      expect(statuses, killed.output).toEqual(['passed', 'passed', 'passed'])
    })

    test('killed outside: the zygote, which is told, and of which no other file notices anything', () => {
      expect(killed.output).toMatch(/ZygoteDied: .*SIGKILL/)
      expect(killed.exitCode, killed.output).toBe(0)
    })

    test('killed outside: the zygote, while it gets ready', async () => {
      const project = await makeProject(platform, { ...strikingProject(WARM, innocents), ...dies })
      const { exitCode, output } = await vitestRun(project, [], { mayStartCold: true })
      expect(output).toMatch(/ZygoteUnavailable: .*SIGKILL/)
      expect(exitCode, output).toBe(0)
    })

    test('stopped outside: the zygote, in whose place another one forks', async () => {
      const files = { ...innocents, ...strikers([file('SIGSTOP', 'setup')]) }
      // One file after the other, the largest first, and one container ahead: those after that need the zygote.
      const project = await makeProject(platform, strikingProject(`{ start: 'zygote' }`, files, 'maxWorkers: 1'))
      const { exitCode, output } = await vitestRun(project, [], { mayStartCold: true })
      expect(output).toMatch(/ZygoteDied: .*did not answer within/)
      expect(exitCode, output).toBe(0)
    })
  })
})

/** Runs a project until it says that its moment has come. @returns what is left afterwards, one line each */
async function strike(platform: Platform, files: Files, how: (run: Running) => void): Promise<string[]> {
  const project = await makeProject(platform, { ...files, 'tmp/.keep': '' })
  const temporary = project.path('tmp')
  const before = mounts()
  const run = vitest(project, ['run'], { env: { TMPDIR: temporary } })
  await run.printed(/struck here/)
  const traces = tracesOf(run.pid)
  expect(traces.processes.map(({ pid }) => pid)).toContain(run.pid)
  how(run)
  await run.ended
  const temporaryFiles = (): string[] => readdirSync(temporary).filter((name) => name !== '.keep')
  const newMounts = (): string[] => mounts().filter((mount) => !before.includes(mount))
  return await untilEmpty(() => [...remaining(traces), ...temporaryFiles(), ...newMounts()])
}

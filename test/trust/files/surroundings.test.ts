import { chmodSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Mi, openForTest } from '../../support/cgroups.ts'
import { config } from '../../support/config.ts'
import { parseJsonReport } from '../../support/json-report.ts'
import { onPlatforms, type Platform } from '../../support/platforms.ts'
import { type Files, makeProject, type Project } from '../../support/project.ts'
import { type RunOptions, vitest } from '../../support/vitest-run.ts'
import { innocentFiles } from './strikes.ts'

// What goes wrong around a run: its clock, its room, its limits.

/** Of Debian's package `faketime`; it has the clock on the wall tell what a file says, and leaves the others as they are. */
const FAKETIME = '/usr/$LIB/faketime/libfaketimeMT.so.1'

const innocents = innocentFiles('a', 'm', 'z')

/** A project in which Vitest is started by a shell, after some words of that. */
async function shellProject(platform: Platform, before: string, after: string, files: Files): Promise<Project> {
  const project = await makeProject(platform, files)
  await project.write({ 'vitest.sh': `${before}\nexec '${project.node}' '${project.vitest}' "$@" ${after}\n` })
  return { ...project, node: '/bin/sh', vitest: project.path('vitest.sh') }
}

async function ran(project: Project, options: RunOptions = {}) {
  const args = ['run', '--reporter=default', '--reporter=json', '--outputFile.json=report.json']
  const { exitCode, output } = await vitest(project, args, options).ended
  return { exitCode, output, report: parseJsonReport(readFileSync(project.path('report.json'), 'utf8')) }
}

describe.each(onPlatforms)('%s', (_name, platform) => {
  test.each(['+1d', '-1d'])('around a run: its clock jumps by %s', async (jump) => {
    const clock = (file: string): string => `
      import { writeFileSync } from 'node:fs'
      import { expect, test } from 'vitest'
      const jumped = () => Math.abs(Date.now() - process.env.BEGAN) > 23 * 3600_000
      test('is at one with itself', () => {
        ${file === 'jump' ? `expect(jumped()).toBe(false)\nwriteFileSync('clock/now', '${jump}')` : ''}
        expect(jumped()).toBe(true)
        ${file === 'jump' ? '' : 'expect(Math.abs(performance.timeOrigin + performance.now() - Date.now())).toBeLessThan(1000)'}
      })
      test('waits for as long as before', async () => { await new Promise((resolve) => setTimeout(resolve, 20)) })`
    const project = await makeProject(platform, {
      ...config({
        options: `{ activeDeadlineSeconds: 100, volumes: [{ mountPath: '$PROJECT/clock', hostPath: '$PROJECT/clock' }] }`,
        test: `maxWorkers: 1, sequence: { sequencer: Alphabet }`,
      }),
      'clock/now': '+0',
      ...Object.fromEntries(['jump', 'later', 'much-later', 'next'].map((name) => [`${name}.test.ts`, clock(name)])),
    })
    const text = readFileSync(project.path('vitest.config.ts'), 'utf8').replaceAll('$PROJECT', project.directory)
    const alphabet = `import { BaseSequencer } from 'vitest/node'
      class Alphabet extends BaseSequencer { async sort(files) { return [...files].sort((a, b) => (a.moduleId < b.moduleId ? -1 : 1)) } }`
    await project.write({ 'vitest.config.ts': `${alphabet}\n${text}` })
    chmodSync(project.path('clock/now'), 0o666)
    const { exitCode, output } = await ran(project, {
      env: {
        LD_PRELOAD: FAKETIME,
        FAKETIME_TIMESTAMP_FILE: project.path('clock/now'),
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
        BEGAN: `${Date.now()}`,
      },
    })
    expect(exitCode, output).toBe(0)
    expect(output).toMatch(/Tests\s+8 passed/)
  })

  test('around a run: a gibibyte of output, which main does not keep', async () => {
    const project = await shellProject(platform, '', '>/dev/null', {
      ...config({ options: '{}', test: `reporters: ['default', './peak.ts'], testTimeout: 120_000` }),
      'peak.ts': `
        import { writeFileSync } from 'node:fs'
        export default class { onTestRunEnd() { writeFileSync('peak', String(process.resourceUsage().maxRSS)) } }`,
      'output.test.ts': `
        import { writeSync } from 'node:fs'
        import { test } from 'vitest'
        test('much', () => {
          const mebibyte = Buffer.alloc(1 << 20, 'x')
          for (let i = 0; i < 1024; i++) writeSync(1, mebibyte)
        })`,
      ...innocents,
    })
    const args = ['run', '--reporter=./peak.ts', '--reporter=json', '--outputFile.json=report.json']
    const { exitCode, output } = await vitest(project, args).ended
    expect(exitCode, output).toBe(0)
    expect(parseJsonReport(readFileSync(project.path('report.json'), 'utf8')).content.numPassedTests).toBe(4)
    const peakKiB = Number(readFileSync(project.path('peak'), 'utf8'))
    expect(peakKiB * 1024).toBeLessThan(1024 * Mi)
  })

  test('around a run: memory runs out in the cgroup that it is in', async (context) => {
    const around = openForTest(context).cgroups.create('around', { memory: 700 * Mi })
    const enter = around.procsFiles.map((file) => `echo 0 >'${file}'`).join('\n')
    const project = await shellProject(platform, enter, '', {
      ...config({ options: `{ strict: false, resources: { limits: { memory: '4Gi' } } }`, test: 'maxWorkers: 1' }),
      'hog.test.ts': `
        import { test } from 'vitest'
        test('hoards', () => { const hoard = []; for (;;) hoard.push(Buffer.alloc(1 << 20, 1)) })`,
      ...innocents,
    })
    const { report, output } = await ran(project)
    expect(report.failure('/hog.test.ts', 'hoards'), output).toMatch(
      /^OOMKilled: .*an enclosing cgroup or the machine is too small/,
    )
    for (const name of Object.keys(innocents)) expect(report.test(`/${name}`, 'goes on').status).toBe('passed')
    expect(output).toMatch(/Tests\s+1 failed \| 3 passed/)
  })

  test('around a run: no process is left in the cgroup that it is in', async (context) => {
    const around = openForTest(context).cgroups.create('around', { pids: 60, memory: 4096 * Mi })
    const enter = around.procsFiles.map((file) => `echo 0 >'${file}'`).join('\n')
    const project = await shellProject(platform, enter, '', {
      ...config({ options: `{ strict: false, start: 'exec' }`, test: `maxWorkers: 1, globalSetup: './crowd.ts'` }),
      // Takes what there is.
      'crowd.ts': `
        import { spawn } from 'node:child_process'
        import { once } from 'node:events'
        export async function setup() {
          const crowd = []
          for (;;) {
            const child = spawn('sleep', ['1000'], { stdio: 'ignore' })
            const [error] = await Promise.race([once(child, 'spawn').then(() => []), once(child, 'error')])
            if (error !== undefined) break
            crowd.push(child)
          }
          return () => { for (const child of crowd) child.kill() }
        }`,
      ...innocents,
    })
    const { report, output, exitCode } = await ran(project)
    expect(exitCode).toBe(1)
    expect(output).toContain('StartError')
    for (const name of Object.keys(innocents))
      expect(report.file(`/${name}`).message, output).toMatch(
        /could not be started[\s\S]*No process or no descriptor is left/,
      )
  })

  test.each([2, 10, 24])('around a run: main has %s descriptors left', async (left) => {
    const project = await shellProject(platform, 'ulimit -n 256', '', {
      ...config({ options: `{ strict: false }`, test: `maxWorkers: 1, globalSetup: './full.ts'` }),
      'full.ts': `
        import { closeSync, openSync } from 'node:fs'
        export function setup() {
          const open = []
          try { for (;;) open.push(openSync('/dev/null')) } catch {}
          for (let n = 0; n < ${left}; n++) closeSync(open.pop())
        }`,
      ...innocents,
    })
    const { output, report } = await ran(project, { mayStartCold: true })
    expect(output).not.toContain('Unhandled')
    expect(output).not.toContain('close timed out')
    for (const name of Object.keys(innocents)) {
      const { status, message } = report.file(`/${name}`)
      if (status === 'failed') expect(message, output).toContain('No process or no descriptor is left')
    }
    // More would be needed for a container, or for the first one only.
    expect(report.content.numPassedTests).toBeLessThan(left === 2 ? 1 : 4)
  })
})

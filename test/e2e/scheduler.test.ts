import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Mi, openForTest } from '../support/cgroups.ts'
import { config } from '../support/config.ts'
import { onPlatforms } from '../support/platforms.ts'
import { makeProject } from '../support/project.ts'
import { onSmallNode, peaks, readHeld } from '../support/small-node.ts'
import { vitestRun } from '../support/vitest-run.ts'

const TEST_TIMEOUT = 6000
const DEADLINE_SECONDS = 7
/** Of a test; four of them are longer than the time-out and the deadline, and one much shorter, on a slow machine too. */
const WAIT = 2100

const waits = `
  import { setTimeout } from 'node:timers/promises'
  import { test } from 'vitest'
  test('waits', async () => { await setTimeout(${WAIT}) })`

describe.each(onPlatforms)('%s: a suite that asks for more than there is', (_name, platform) => {
  test('runs to its end with what fits at a time; waiting is no test’s time; what never fits fails alone', async (context) => {
    const { cgroups } = openForTest(context)
    const cgroup = cgroups.create('node', { memory: 1024 * Mi })
    // A quarter is Vitest's own.
    const allocatable = 768 * Mi
    const files = {
      ...config({
        options: `{ resources: { requests: { memory: '400Mi', cpu: '100m' } }, activeDeadlineSeconds: ${DEADLINE_SECONDS}, overrides: [
          { include: ['small-*'], resources: { requests: { memory: '200Mi' } } },
          { include: ['huge*'], resources: { requests: { memory: '64Gi' } } },
        ] }`,
        test: `testTimeout: ${TEST_TIMEOUT}, reporters: ['default', ['junit', { outputFile: 'junit.xml' }]]`,
      }),
      ...Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [`big-${name}.test.ts`, waits])),
      ...Object.fromEntries(['a', 'b'].map((name) => [`small-${name}.test.ts`, waits])),
      'huge.test.ts': waits,
    }
    const project = await makeProject(platform, files)
    const profile = join(dirname(project.directory), 'profile')
    const run = await vitestRun(
      await onSmallNode(project, cgroup),
      ['--maxWorkers=6', '--reporter=junit', '--outputFile.junit=junit.xml'],
      { env: { MYDOCKER_PROFILE: profile } },
    )

    const held = await readHeld(profile)
    expect(held, run.output).toHaveLength(7)
    const most = peaks(held)
    expect(most.memory).toBeLessThanOrEqual(allocatable)
    // Not one after the other either: a small one fits beside a big one.
    expect(most.pods).toBeGreaterThan(1)
    const pending = Math.max(...held.map(({ pendingTime, admittedTime }) => admittedTime - pendingTime))
    expect(pending).toBeGreaterThan(Math.max(TEST_TIMEOUT, DEADLINE_SECONDS * 1000))
    for (const { file } of held) expect(run.report.file(`/${file}`).status, run.output).toBe('passed')

    const { status, message } = run.report.file('/huge.test.ts')
    expect(status).toBe('failed')
    expect(message).toContain(
      '0/1 nodes are available: Insufficient memory: resources.requests.memory 64Gi (plugin options: overrides[1]), allocatable 768Mi besides Vitest itself',
    )
    expect(run.output).toContain('Unschedulable: ')
    expect(readFileSync(project.path('junit.xml'), 'utf8')).toContain('Unschedulable')
    expect(run.output).toMatch(/Test Files\s+1 failed \| 7 passed \(8\)/)
  })

  test('requests what files needed before, and then begins with the largest', async (context) => {
    const { cgroups } = openForTest(context)
    const cgroup = cgroups.create('node', { memory: 1400 * Mi })
    const needs = (megabytes: number, milliseconds: number): string => `
      import { setTimeout } from 'node:timers/promises'
      import { expect, test } from 'vitest'
      test('fills memory', async () => {
        expect(Buffer.alloc(${megabytes} * 1024 * 1024, 1).length).toBeGreaterThan(0)
        await setTimeout(${milliseconds})
      })`
    // The one that takes longest is the one that Vitest would begin with.
    const sizes = { a: [20, 700], b: [420, 0], c: [500, 0] } as const
    const project = await makeProject(platform, {
      ...config({ options: `{ resources: { limits: { memory: '700Mi' } } }`, test: 'testTimeout: 60_000' }),
      ...Object.fromEntries(
        Object.entries(sizes).map(([name, [megabytes, milliseconds]]) => [
          `${name}.test.ts`,
          needs(megabytes, milliseconds),
        ]),
      ),
    })
    const small = await onSmallNode(project, cgroup)
    const runs = []
    for (const name of ['first', 'second']) {
      const profile = join(dirname(project.directory), name)
      const run = await vitestRun(small, ['--maxWorkers=2'], { env: { MYDOCKER_PROFILE: profile } })
      expect(run.exitCode, run.output).toBe(0)
      runs.push(await readHeld(profile))
    }
    const [first = [], second = []] = runs
    expect(new Set(first.map(({ memory }) => memory))).toEqual(new Set([128 * Mi]))
    // Of a run of no test nothing is learnt.
    const history = project.path('node_modules/.vite/vitest/.mydocker/history.json')
    const before = readFileSync(history, 'utf8')
    await vitestRun(small, ['-t', 'none of them'])
    expect(readFileSync(history, 'utf8')).toBe(before)
    const requested = Object.fromEntries(second.map(({ file, memory }) => [file, Math.round(memory / Mi)]))
    expect(requested['a.test.ts']).toBeLessThan(420)
    expect(requested['b.test.ts']).toBeGreaterThan(420)
    expect(requested['c.test.ts']).toBeGreaterThan(500)
    expect(second.toSorted((a, b) => a.pendingTime - b.pendingTime).at(-1)?.file).toBe('a.test.ts')
  })
})

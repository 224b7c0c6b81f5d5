import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { describe, expect, onTestFinished, test } from 'vitest'
import { requireCapability } from '../support/capability.ts'
import { Mi, missingMemoryLimit, openForTest } from '../support/cgroups.ts'
import { exampleProject } from '../support/example.ts'
import { onPlatforms, platforms } from '../support/platforms.ts'
import type { Project } from '../support/project.ts'
import { onSmallNode, peaks, readHeld } from '../support/small-node.ts'
import { vitest, vitestRun } from '../support/vitest-run.ts'

describe.each(onPlatforms)('%s: the example', (_name, platform) => {
  test('hermetic passes in containers and leaves nothing', async () => {
    const project = await exampleProject(platform, 'hermetic')
    const run = await vitestRun(project, ['--maxWorkers=3'], { env: { TMPDIR: project.path('tmp') } })
    expect(run.exitCode, run.output).toBe(0)
    expect(run.report.content.numPassedTests).toBe(6)
    expect(run.output).toMatch(/left .*daemon\.mjs/)
    expect(existsSync(project.path('tmp/shop.lock'))).toBe(false)
    expect(existsSync(join(project.home, '.config'))).toBe(false)
  })

  test('hermetic fails with forks, which share one machine', async () => {
    const project = await exampleProject(platform, 'hermetic')
    onTestFinished(() => killDaemonsOf(project))
    const run = vitest(project, ['run', '--pool=forks', '--maxWorkers=3'], { env: { TMPDIR: project.path('tmp') } })
    const { exitCode, output } = await run.ended
    expect(exitCode).toBe(1)
    expect(output).toMatch(/EEXIST|EADDRINUSE/)
  })

  test('bridge: two files with a service on the same port ask each other by name, in two runs at once', async () => {
    const project = await exampleProject(platform, 'bridge')
    const other = await exampleProject(platform, 'bridge')
    const runs = await Promise.all([vitestRun(project, []), vitestRun(other, [])])
    for (const run of runs) {
      expect(run.exitCode, run.output).toBe(0)
      expect(run.report.content.numPassedTests).toBe(2)
    }
  })

  test('memory: the greedy file fails alone, and tells why', async (context) => {
    requireCapability(context, await missingMemoryLimit())
    const project = await exampleProject(platform, 'memory')
    const run = await vitestRun(project, [])
    expect(run.exitCode, run.output).toBe(1)
    expect(run.report.test('tests/album.test.ts', 'one page').status).toBe('passed')
    expect(run.report.failure('tests/album.test.ts', 'a whole album')).toMatch(/OOMKilled[\s\S]*256Mi/)
    for (const name of ['blank', 'thumbnail']) expect(run.report.file(`tests/${name}.test.ts`).status).toBe('passed')
    const forks = await vitestRun(project, ['--pool=forks'])
    expect(forks.exitCode, forks.output).toBe(0)
  })

  test('hermeticity: the file that depends on its machine fails, and passes when it declares what it needs', async () => {
    const project = await exampleProject(platform, 'hermeticity')
    const here = { env: { TZ: 'UTC' } }
    const run = await vitestRun(project, [], here)
    expect(run.exitCode, run.output).toBe(1)
    expect(run.report.content.numFailedTests).toBe(0)
    expect(run.report.file('tests/total.test.ts').status).toBe('passed')
    expect(run.report.file('tests/draft.test.ts').message).toMatch(
      /writes .*\.drafts\/invoice\.json.*\n.*reads INVOICES.*\n.*getFullYear, .* time zone/,
    )
    const draft = readFileSync(project.path('tests/draft.test.ts'), 'utf8')
    await project.write({
      'tests/draft.test.ts': `// @mydocker env.TZ=UTC env.INVOICES=/tmp/invoices\n${draft}`,
    })
    const declared = await vitestRun(project, [], here)
    expect(declared.exitCode, declared.output).toBe(0)
    const forks = await vitestRun(project, ['--pool=forks'], here)
    expect(forks.exitCode, forks.output).toBe(0)
  })

  test('services: every file is the first guest of a PostgreSQL and a Redis of its own', async (context) => {
    requireCapability(context, missingServer())
    const project = await exampleProject(platform, 'services')
    const count = platform === platforms.at(-1) ? MANY : 3
    const source = readFileSync(project.path('tests/alice.test.ts'), 'utf8')
    for (let i = 3; i < count; i++)
      await project.write({ [`tests/guest-${i}.test.ts`]: source.replaceAll('Alice', `Guest ${i}`) })
    const run = await vitestRun(project, ['--maxWorkers=2'])
    expect(run.exitCode, run.output).toBe(0)
    expect(run.report.content.numPassedTests).toBe(count)
  })

  test('overcommit passes on a machine that has no room for all of it', async (context) => {
    requireCapability(context, await missingMemoryLimit())
    const { cgroups } = openForTest(context)
    const node = cgroups.create('node', { memory: 2048 * Mi })
    const project = await exampleProject(platform, 'overcommit')
    const profile = project.path('profile')
    const run = await vitestRun(await onSmallNode(project, node), [], { env: { MYDOCKER_PROFILE: profile } })
    expect(run.exitCode, run.output).toBe(0)
    expect(run.report.content.numPassedTests).toBe(8)
    const most = peaks(await readHeld(profile))
    expect(most.memory).toBeLessThanOrEqual(1536 * Mi)
    expect(most.pods).toBeGreaterThan(1)
    expect(node.usage().oomKills).toBe(0)
  })
})

/** Files, each with two servers. */
const MANY = 50

function missingServer(): string | undefined {
  if (!existsSync('/usr/lib/postgresql')) return 'PostgreSQL (apt-get install postgresql)'
  return existsSync('/usr/bin/redis-server') ? undefined : 'Redis (apt-get install redis-server)'
}

/** They are known by the random name of the project's directory. */
function killDaemonsOf(project: Project): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (commandLine(pid).includes(project.path('src/daemon.mjs'))) process.kill(Number(pid), 'SIGKILL')
  }
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { requireCapability } from '../support/capability.ts'
import { missingMemoryLimit } from '../support/cgroups.ts'
import { withTestStart } from '../support/config.ts'
import { onPlatforms, type Platform } from '../support/platforms.ts'
import { makeProject, type Project } from '../support/project.ts'
import { vitest, vitestRun } from '../support/vitest-run.ts'

const examples = fileURLToPath(new URL('../../examples', import.meta.url))

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
})

/** A copy of the example, as a user would make one. */
async function exampleProject(platform: Platform, name: string): Promise<Project> {
  const directory = join(examples, name)
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name))
  const contents = files.map((file) => {
    const source = readFileSync(file, 'utf8')
    return [
      file.slice(directory.length + 1),
      file.endsWith('/vitest.config.ts') ? withTestStart(source) : source,
    ] as const
  })
  const project = await makeProject(platform, Object.fromEntries(contents))
  await mkdir(project.path('tmp'))
  return project
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

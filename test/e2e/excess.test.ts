import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { requireCapability } from '../support/capability.ts'
import { missingMemoryLimit } from '../support/cgroups.ts'
import { config } from '../support/config.ts'
import { isRoot } from '../support/host.ts'
import type { JsonReport } from '../support/json-report.ts'
import { onPlatforms } from '../support/platforms.ts'
import { makeProject, type Project } from '../support/project.ts'
import { type Run, vitestRun } from '../support/vitest-run.ts'

const fill = `
  function fill() {
    try { for (;;) appendFileSync('/tmp/file', Buffer.alloc(65_536, 1)) } catch (error) { expect(error.code).toBe('ENOSPC') }
  }`

const busy = 'const end = Date.now() + 800; while (Date.now() < end);'

const files = {
  ...config({
    options: `{ overrides: [
      { include: ['{untidy,tidy,waiting}.test.ts'], resources: { limits: { 'ephemeral-storage': '1Mi' } } },
      { include: ['forks.test.ts'], resources: { limits: { pids: 24 } } },
      { include: ['slow*.test.ts'], resources: { limits: { cpu: '100m' } } },
    ] }`,
    test: `testTimeout: 60_000`,
  }),
  'untidy.test.ts': `
    import { appendFileSync } from 'node:fs'
    import { expect, test } from 'vitest'${fill}
    test('fills its storage', () => { fill() })`,
  'tidy.test.ts': `
    import { appendFileSync, rmSync } from 'node:fs'
    import { expect, test } from 'vitest'${fill}
    test('fills its storage and cleans up', () => { fill(); rmSync('/tmp/file') })`,
  'waiting.test.ts': `
    import { appendFileSync } from 'node:fs'
    import { setTimeout } from 'node:timers/promises'
    import { expect, test } from 'vitest'${fill}
    test('waits with a full storage', async () => { fill(); await setTimeout(50_000) })`,
  'forks.test.ts': `
    import { spawn } from 'node:child_process'
    import { test } from 'vitest'
    test('starts too many', async () => {
      const started = Array.from({ length: 40 }, () => new Promise((resolve, reject) => {
        const child = spawn('sleep', ['5'])
        child.once('spawn', () => resolve(child)).once('error', reject)
      }))
      try { await Promise.all(started) } finally {
        for (const { value } of await Promise.allSettled(started)) value?.kill()
      }
    })`,
  'slow.test.ts': `
    import { expect, test } from 'vitest'
    test('is slow', () => { const begin = performance.now(); ${busy}; expect(performance.now() - begin).toBeLessThan(1) })`,
  'slow-enough.test.ts': `
    import { test } from 'vitest'
    test('is slow and passes', () => { ${busy} })`,
}

describe.each(onPlatforms)('%s: files that want more than their limits', (_name, platform) => {
  let project: Project
  let run: Run & { report: JsonReport }
  let missing: string | undefined

  beforeAll(async () => {
    missing = await missingMemoryLimit()
    project = await makeProject(platform, files)
    run = await vitestRun(project, ['--reporter=junit', '--outputFile.junit=junit.xml'])
  })

  test('a file that leaves its storage full fails with Evicted, in the words of Kubernetes and with the cure', () => {
    const { status, message } = run.report.file('/untidy.test.ts')
    expect(status, run.output).toBe('failed')
    expect(message).toContain('Pod ephemeral local storage usage exceeds the total limit of containers 1Mi')
    expect(message).toContain('limits.ephemeral-storage=2Mi')
    expect(run.report.test('/untidy.test.ts', 'fills its storage').status).toBe('passed')
    expect(run.output).toContain('Evicted: untidy.test.ts: Pod ephemeral')
    expect(readFileSync(project.path('junit.xml'), 'utf8')).toContain('Evicted')
  })

  test('so does a test that goes on with it full', () => {
    const message = run.report.failure('/waiting.test.ts', 'waits with a full storage')
    expect(message).toContain('Evicted: waiting.test.ts: Pod ephemeral local storage usage exceeds')
    expect(message).toContain('while running "waits with a full storage"')
  })

  test('one that has cleaned up passes', () => {
    expect(run.report.file('/tidy.test.ts').status, run.output).toBe('passed')
  })

  test('the pids limit is named when a file fails that has reached it', (context) => {
    requireCapability(context, missing)
    expect(run.report.failure('/forks.test.ts', 'starts too many')).toContain('EAGAIN')
    expect(run.output).toMatch(
      /PidsLimitReached: forks\.test\.ts had 24 processes and threads, its limit, .* limits\.pids=48/,
    )
  })

  test('the CPU limit is named when a file fails that was throttled, and only then', (context) => {
    const without = run.output.includes('CpuLimitUnavailable') ? 'the cpu controller' : missing
    if (without !== undefined && !isRoot) context.skip(without)
    requireCapability(context, without)
    expect(run.output).toMatch(
      /CPUThrottled: slow\.test\.ts wanted more than its CPU limit 100m in \d+ % .* limits\.cpu=200m/,
    )
    expect(run.output).not.toContain('slow-enough.test.ts wanted')
  })
})

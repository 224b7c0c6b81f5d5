import { beforeAll, describe, expect, test } from 'vitest'
import { config } from '../support/config.ts'
import { onPlatforms } from '../support/platforms.ts'
import { makeProject } from '../support/project.ts'
import { type Run, vitestRun } from '../support/vitest-run.ts'

/** A user namespace: the kernel gives one to everybody, the profile does not. */
const unshare = (title: string): string => `
  import { spawnSync } from 'node:child_process'
  import { expect, test } from 'vitest'
  test('${title}', () => {
    const { status, stderr } = spawnSync('unshare', ['--user', 'true'], { encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(status).toBe(0)
  })`

describe.each(onPlatforms)('%s: a system call that the profile denies', (_name, platform) => {
  let run: Run

  beforeAll(async () => {
    const project = await makeProject(platform, {
      ...config({}),
      'denied.test.ts': unshare('makes a namespace'),
      'tolerant.test.ts': unshare('does without')
        .replace('toBe(0)', 'toBe(1)')
        .replace("toBe('')", "toContain('not permitted')"),
      'allowed.test.ts': `// @mydocker securityContext.seccompProfile.type=Unconfined\n${unshare('makes one too')}`,
    })
    run = await vitestRun(project, [])
  })

  test('fails with EPERM, unless the file is given all calls', () => {
    expect(run.exitCode).toBe(1)
    const results = run.output.match(/Test Files .*/)?.[0]
    expect(results).toContain('1 failed | 2 passed')
  })

  test('is named for a file that fails, with the cure, and for no other', () => {
    const events = run.output.split('\n').filter((line) => line.includes('SyscallDenied'))
    expect(events).toHaveLength(1)
    expect(events[0]).toContain('denied.test.ts: its seccomp profile denied unshare (by unshare), with EPERM')
    expect(events[0]).toContain('// @mydocker securityContext.seccompProfile.type=Unconfined')
  })
})

import { existsSync, readlinkSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { config } from '../support/config.ts'
import { isRoot } from '../support/host.ts'
import { onPlatforms } from '../support/platforms.ts'
import { makeProject } from '../support/project.ts'
import { vitestRun } from '../support/vitest-run.ts'

/** Fails unless the test is in another mount namespace than the host's: nothing is destroyed before it has been called. */
const guard = `
  import { readlinkSync } from 'node:fs'
  export function assertInside() {
    if (!process.env.HOST_MOUNTS) throw new Error('not told which namespace is the host’s')
    if (readlinkSync('/proc/self/ns/mnt') === process.env.HOST_MOUNTS) throw new Error('this is the host')
  }
`

/** Leaves only a new file in each place. */
const harmless = `
  import { existsSync, writeFileSync } from 'node:fs'
  import { tmpdir } from 'node:os'
  import { expect, test } from 'vitest'
  import { assertInside } from './guard'

  test('writes', () => {
    assertInside()
    const places = [process.cwd(), tmpdir(), process.env.HOME, '/var/tmp']
    if (process.getuid() === 0) places.push('/etc', '/usr/local/bin', '/')
    for (const place of places) writeFileSync(place + '/' + process.env.PROBE, 'written inside')
    for (const place of places) expect(existsSync(place + '/' + process.env.PROBE)).toBe(true)
  })
`

const destructive = `
  import { execFileSync } from 'node:child_process'
  import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
  import { tmpdir } from 'node:os'
  import { expect, test } from 'vitest'
  import { assertInside } from './guard'

  assertInside()

  test('all over the project', () => {
    writeFileSync('new.txt', 'new')
    mkdirSync('new-directory/deep', { recursive: true })
    appendFileSync('appended.txt', ' more')
    truncateSync('truncated.txt', 1)
    renameSync('renamed.txt', 'other-name.txt')
    execFileSync('mv', ['renamed-directory', 'other-directory'])
    chmodSync('chmodded.txt', 0o600)
    utimesSync('touched.txt', 0, 0)
    rmSync('deleted.txt')
    rmSync('deleted-directory', { recursive: true })
    mkdirSync('deleted-directory')
    symlinkSync('nowhere', 'link')
    rmSync('.git', { recursive: true })
    expect(readFileSync('appended.txt', 'utf8')).toBe('appended more')
    expect(readFileSync('other-directory/inner.txt', 'utf8')).toBe('inner')
    expect(existsSync('deleted-directory/inner.txt')).toBe(false)
  })

  test('the temporary directory', () => {
    rmSync(tmpdir() + '/of-the-host', { force: true })
    writeFileSync(tmpdir() + '/' + process.env.PROBE, '')
  })

  test('the home directory', () => {
    writeFileSync(process.env.HOME + '/.config-of-user', 'overwritten')
    rmSync(process.env.HOME + '/.cache-of-user', { recursive: true })
  })

  test.runIf(process.getuid() === 0)('system files', () => {
    appendFileSync('/etc/hosts', '127.0.0.1 nowhere')
    writeFileSync('/etc/' + process.env.PROBE, '')
    rmSync('/etc/hostname', { force: true })
    renameSync('/etc/passwd', '/etc/passwd.' + process.env.PROBE)
    rmSync('/etc/apt', { recursive: true, force: true })
    chmodSync('/etc', 0o700)
    expect(existsSync('/etc/passwd')).toBe(false)
  })

  test('a snapshot', () => {
    expect({ kept: true }).toMatchSnapshot()
  })
`

const system = ['/etc/hosts', '/etc/hostname', '/etc/passwd', '/etc', '/usr/local/bin', '/tmp', '/var/tmp', '/']

describe.each(onPlatforms)('%s: what tests do to files', (_name, platform) => {
  test('is gone afterwards, but for the snapshots', async () => {
    const probe = `mydocker-probe-${process.pid}-${platform.vitest}`
    const project = await makeProject(platform, {
      ...config(),
      'guard.ts': guard,
      'harmless.test.ts': harmless,
      'destructive.test.ts': destructive,
      ...Object.fromEntries(
        ['appended', 'truncated', 'renamed', 'chmodded', 'touched', 'deleted'].map((name) => [`${name}.txt`, name]),
      ),
      'renamed-directory/inner.txt': 'inner',
      'deleted-directory/inner.txt': 'inner',
    })
    await project.commit()
    await writeFile(join(project.home, '.config-of-user'), 'mine')
    await mkdir(join(project.home, '.cache-of-user'))
    const env = { HOST_MOUNTS: readlinkSync('/proc/self/ns/mnt'), PROBE: probe }
    const places = [project.directory, project.home, '/tmp', '/var/tmp', '/etc', '/usr/local/bin', '/']

    // Only after harmless writes have been shown to stay inside does anything destructive run.
    const first = await vitestRun(project, ['harmless'], { env })
    expect(first.exitCode, first.output).toBe(0)
    for (const place of places) expect(existsSync(join(place, probe)), place).toBe(false)
    expect(await project.git('status', '--porcelain')).toBe('')

    const before = await Promise.all(system.map(describePath))
    const second = await vitestRun(project, ['destructive'], { env })
    expect(second.exitCode, second.output).toBe(0)
    expect(second.report.content.numPassedTests).toBe(isRoot ? 5 : 4)

    expect(await project.git('status', '--porcelain', '--untracked-files=all')).toBe(
      '?? __snapshots__/destructive.test.ts.snap\n',
    )
    expect(await readFile(project.path('__snapshots__/destructive.test.ts.snap'), 'utf8')).toContain('"kept": true')
    expect(await readFile(join(project.home, '.config-of-user'), 'utf8')).toBe('mine')
    expect(await readdir(project.home)).toContain('.cache-of-user')
    for (const place of places) expect(existsSync(join(place, probe)), place).toBe(false)
    expect(await Promise.all(system.map(describePath))).toEqual(before)
  })

  test('stays visible where it is needed although the project is below /tmp, which is private', async () => {
    const project = await makeProject(
      platform,
      {
        ...config(),
        'guard.ts': guard,
        'data.json': '{ "answer": 42 }',
        'tmp.test.ts': `
          import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
          import { expect, test } from 'vitest'
          import { assertInside } from './guard'
          test('sees the project and no other file of /tmp', () => {
            assertInside()
            expect(JSON.parse(readFileSync('data.json', 'utf8'))).toEqual({ answer: 42 })
            writeFileSync('data.json', '{}')
            expect(readdirSync('/tmp')).toContain(process.cwd().split('/')[2])
            expect(readdirSync('/tmp')).not.toContain(process.env.PROBE)
          })`,
      },
      { place: 'tmp' },
    )
    const other = await mkdtemp(join(tmpdir(), 'mydocker-other-'))
    onTestFinished(() => rm(other, { recursive: true }))
    const env = { HOST_MOUNTS: readlinkSync('/proc/self/ns/mnt'), PROBE: basename(other) }
    const run = await vitestRun(project, [], { env })
    expect(run.exitCode, run.output).toBe(0)
    expect(await readFile(project.path('data.json'), 'utf8')).toContain('42')
  })
})

/** What must not change about a path: mode, owner and size; for a directory not its times, others use it. */
async function describePath(path: string): Promise<object> {
  const { mode, uid, gid, size, mtimeMs, ino } = await stat(path)
  const isDirectory = (mode & 0o170000) === 0o040000
  return isDirectory ? { path, mode, uid, gid, ino } : { path, mode, uid, gid, ino, size, mtimeMs }
}

import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, type TestContext, test } from 'vitest'
import type { Event } from '../../runtime/event.ts'
import { readMounts } from '../../runtime/mountinfo.ts'
import { isKernelBefore, requireCapability } from '../support/capability.ts'
import { finish, openForTest, shell, specOf, temporaryDirectory } from '../support/container.ts'

/** Everything that a directory holds: names, modes, content. */
function photograph(directory: string): unknown {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .map((entry) => {
      const file = path.join(entry.parentPath, entry.name)
      return [file, statSync(file).mode, entry.isFile() ? readFileSync(file, 'utf8') : '']
    })
    .sort()
}

function project(parent?: string): string {
  const directory = temporaryDirectory(parent)
  for (const name of ['kept', 'changed', 'truncated', 'deleted', 'renamed', 'chmodded'])
    writeFileSync(path.join(directory, name), `${name}\n`)
  mkdirSync(path.join(directory, 'replaced'))
  writeFileSync(path.join(directory, 'replaced/inner'), 'inner\n')
  return directory
}

const DESTROY = `
  set -e
  echo more >> changed; : > truncated; rm deleted; mv renamed new-name; chmod 600 chmodded; echo new > added
  rm -r replaced; mkdir replaced; echo other > replaced/other; ln -s kept link; mkdir -p deep/er; echo x > deep/er/file
  cat changed; ls`

function requireDirectoryRemoval(context: TestContext, events: readonly Event[]): void {
  const missing = events.find(({ reason }) => reason === 'DirectoryRemovalUnavailable')?.message
  if (missing !== undefined && isKernelBefore(6, 6)) context.skip(missing)
  requireCapability(context, missing)
}

const EXPECTED_CHANGES = [
  'added /added file',
  'added /deep directory',
  'added /deep/er directory',
  'added /deep/er/file file',
  'added /link symlink',
  'added /new-name file',
  'added /replaced/other file',
  'deleted /deleted file',
  'deleted /renamed file',
  'deleted /replaced/inner file',
  'modified /changed file',
  'modified /chmodded file',
  'modified /truncated file',
]

test('what a container does to a project stays inside, and is listed', async (context) => {
  const { engine, events } = await openForTest()
  requireDirectoryRemoval(context, events)
  const directory = project()
  const before = photograph(directory)
  const { output, errors, changes } = await shell(engine, DESTROY, { workingDir: directory })
  expect(errors).toBe('')
  expect(output).toContain('changed\nmore\n')
  expect(output).toContain('new-name')
  expect(photograph(directory)).toEqual(before)
  const ours = changes.filter((change) => change.path.startsWith(directory))
  expect(ours.map(({ kind, type, path: at }) => `${kind} ${at.slice(directory.length)} ${type}`).sort()).toEqual(
    EXPECTED_CHANGES,
  )
})

// In a user namespace overlayfs cannot rename a directory of the lower layer: EXDEV, upon which mv(1) copies.
test('renamed directories bring what was in them, and can be copied out', async (context) => {
  const { engine, events } = await openForTest()
  requireDirectoryRemoval(context, events)
  const directory = project()
  mkdirSync(path.join(directory, 'tree/deep'), { recursive: true })
  writeFileSync(path.join(directory, 'tree/deep/leaf'), 'leaf\n')
  writeFileSync(path.join(directory, 'tree/gone'), 'gone\n')
  const script =
    'mv tree moved; rm moved/gone; echo more >> moved/new; rm -r replaced; mv moved replaced; ls replaced; cat replaced/deep/leaf'
  const spec = specOf(['/bin/sh', '-c', script], { workingDir: directory })
  await using container = await engine.create(spec)
  const { output, errors, changes } = await finish(container)
  expect(errors).toBe('')
  expect(output).toBe('deep\nnew\nleaf\n')
  const ours = changes.filter((change) => change.path.startsWith(directory))
  expect(ours.map(({ kind, path: at }) => `${kind} ${at.slice(directory.length)}`).sort()).toEqual([
    'added /replaced/deep',
    'added /replaced/deep/leaf',
    'added /replaced/new',
    'deleted /replaced/inner',
    'deleted /tree',
  ])
  await container.copyOut(path.join(directory, 'replaced/deep/leaf'), path.join(directory, 'out/leaf'))
  expect(readFileSync(path.join(directory, 'out/leaf'), 'utf8')).toBe('leaf\n')
  await expect(container.copyOut(path.join(directory, 'kept'), '/nowhere')).rejects.toMatchObject({ stage: 'changes' })
})

test('a project below /tmp is visible although /tmp is private, and copy-on-write too', async (context) => {
  const { engine, events } = await openForTest()
  requireDirectoryRemoval(context, events)
  const directory = project('/tmp')
  const before = photograph(directory)
  const { output, changes } = await shell(engine, `${DESTROY}; ls /tmp`, {
    workingDir: directory,
    visible: [directory],
  })
  expect(output.trim().split('\n').at(-1)).toBe(path.basename(directory))
  expect(photograph(directory)).toEqual(before)
  expect(changes.filter((change) => change.path.startsWith(directory))).toHaveLength(EXPECTED_CHANGES.length)
})

test('/tmp, /dev/shm and the home directory are each container’s own', async () => {
  const { engine } = await openForTest()
  const home = temporaryDirectory()
  const script = 'for d in /tmp /dev/shm $HOME; do [ -e $d/mine ] && echo taken; echo $d > $d/mine; done; cat /tmp/mine'
  for (let i = 0; i < 2; i++)
    expect((await shell(engine, script, { env: { PATH: '/usr/bin:/bin', HOME: home } })).output).toBe('/tmp\n')
  expect(readdirSync(home)).toEqual([])
})

test('mounts made for a container are not on the host, and none stays', async () => {
  const { engine } = await openForTest()
  const before = readMounts()
  const { output } = await shell(engine, 'cat /proc/self/mountinfo')
  expect(output).toContain(' - overlay ')
  expect(readMounts()).toEqual(before)
})

test('devices are the harmless ones, with a terminal system and message queues of its own', async () => {
  const { engine } = await openForTest()
  const { output } = await shell(engine, 'ls /dev; ls /dev/pts; echo x > /dev/null; head -c 4 /dev/zero | wc -c')
  expect(output.split('\n')).toEqual(
    'fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero ptmx 4'.split(' ').concat(''),
  )
})

test('ephemeral storage is bounded', async () => {
  const { engine } = await openForTest()
  const { errors, status } = await shell(engine, 'head -c 3000000 /dev/zero > /tmp/file', { ephemeralStorage: 2 << 20 })
  expect(status.exitCode).not.toBe(0)
  expect(errors).toMatch(/No space left on device/)
})

test('volumes: host directories writable and read-only, host files, empty directories', async () => {
  const { engine } = await openForTest()
  const shared = project()
  chmodSync(shared, 0o777)
  const { output, errors } = await shell(
    engine,
    `echo out > /shared/out; cat /fixed/kept /one; (echo no > /fixed/no) 2>/dev/null || echo refused
     echo x > /empty/x; ls /empty /empty/nested`,
    {
      volumes: [
        { mountPath: '/empty/nested' },
        { mountPath: '/empty' },
        { mountPath: '/shared', hostPath: shared },
        { mountPath: '/fixed', hostPath: shared, readOnly: true },
        { mountPath: '/one', hostPath: path.join(shared, 'changed'), readOnly: true },
      ],
      visible: [],
    },
  ).catch((error: unknown) => ({ output: String(error), errors: '' }))
  expect(errors).toBe('')
  expect(output).toBe('kept\nchanged\nrefused\n/empty:\nnested\nx\n\n/empty/nested:\n')
  expect(readFileSync(path.join(shared, 'out'), 'utf8')).toBe('out\n')
})

test('a mount point is never led through a symbolic link of the project', async () => {
  const { engine } = await openForTest()
  const directory = project()
  symlinkSync('/etc', path.join(directory, 'trap'))
  const spec = specOf(['/bin/true'], { volumes: [{ mountPath: path.join(directory, 'trap/inside') }] })
  await expect(engine.create(spec)).rejects.toMatchObject({ stage: 'mount point', errno: 'ELOOP' })
})

test.each([
  ['command', { command: ['/no/such/program'] as const }, 'ENOENT', '/no/such/program'],
  ['working directory', { workingDir: '/no/such/directory' }, 'ENOENT', '/no/such/directory'],
  ['bind', { volumes: [{ mountPath: '/x', hostPath: '/no/such/source' }] }, 'ENOENT', '/no/such/source'],
])('a failing %s step tells where and why', async (stage, more, errno, at) => {
  const { engine } = await openForTest()
  const failure = engine.create(specOf(['/bin/true'], more))
  await expect(failure).rejects.toMatchObject({ stage: expect.stringMatching(`${stage}|layer`), errno, path: at })
})

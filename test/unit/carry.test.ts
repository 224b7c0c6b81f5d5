import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CarriedFiles, type CarryPolicy } from '../../plugin/carry.ts'
import type { Purpose } from '../../plugin/messages.ts'

describe('a snapshot that a pod carries out', () => {
  it('is written at its own path, directories included', async () => {
    const { root, carry } = setUp()
    expect(await carry('snapshot', join(root, 'deep/__snapshots__/a.test.ts.snap'), 'one ', 'two')).toBeUndefined()
    expect(readFileSync(join(root, 'deep/__snapshots__/a.test.ts.snap'), 'utf8')).toBe('one two')
  })

  it('replaces a file as a whole and keeps its mode', async () => {
    const { root, carry } = setUp()
    const file = join(root, 'a.test.ts')
    writeFileSync(file, 'old')
    chmodSync(file, 0o755)
    expect(await carry('snapshot', file, 'new')).toBeUndefined()
    expect(readFileSync(file, 'utf8')).toBe('new')
    expect(statSync(file).mode & 0o777).toBe(0o755)
    expect(readdirSync(root)).toEqual(['a.test.ts'])
  })

  it('may be empty', async () => {
    const { root, carry } = setUp()
    expect(await carry('snapshot', join(root, 'empty.txt'))).toBeUndefined()
    expect(readFileSync(join(root, 'empty.txt'), 'utf8')).toBe('')
  })

  it('is refused outside of the project, by name or by a symbolic link', async () => {
    const { root, outside, carry } = setUp()
    symlinkSync(outside, join(root, 'link'))
    symlinkSync(join(outside, 'file'), join(root, 'dangling'))
    for (const path of [join(outside, 'x'), join(root, '../outside/x'), join(root, 'link/x'), join(root, 'dangling')]) {
      expect(await carry('snapshot', path, 'evil')).toMatch(/not written to the host/)
    }
    expect(readdirSync(outside)).toEqual([])
  })

  it('may be elsewhere when Vitest itself named the place for this file', async () => {
    const { outside, carry } = setUp({ snapshotFile: 'outside/a.snap' })
    expect(await carry('snapshot', join(outside, 'a.snap'), 'ok')).toBeUndefined()
    expect(await carry('snapshot', join(outside, 'b.snap'), 'no')).toMatch(/not written/)
  })

  it('is not written where Vitest writes none, not even at its own place', async () => {
    const { root, carry } = setUp({ writes: false, snapshotFile: 'project/a.snap' })
    expect(await carry('snapshot', join(root, 'a.snap'), 'new')).toMatch(/not written to the host.*'none'/)
    expect(readdirSync(root)).toEqual([])
  })

  it('is not that of another test file', async () => {
    const { root, carry } = setUp({ snapshotFile: 'project/__snapshots__/own.test.ts.snap' })
    for (const name of ['own.test.ts', 'other.test.ts']) writeFileSync(join(root, name), '')
    expect(await carry('snapshot', join(root, '__snapshots__/own.test.ts.snap'), 'own')).toBeUndefined()
    expect(await carry('snapshot', join(root, '__snapshots__/other.test.ts.snap'), 'evil')).toMatch(/other\.test\.ts/)
    expect(await carry('snapshot', join(root, '__snapshots__/picture.snap'), 'a file of its own')).toBeUndefined()
    expect(readdirSync(join(root, '__snapshots__'))).toEqual(['own.test.ts.snap', 'picture.snap'])
  })

  it('may be in a project that is itself in a hidden directory', async () => {
    const { root, carry } = setUp({ project: '.cache/node_modules/project' })
    expect(await carry('snapshot', join(root, 'golden.txt'), 'ok')).toBeUndefined()
  })

  it.each([
    'vitest.config.ts',
    'vite.config.mts',
    'eslint.config.js',
    'package.json',
    '.git/hooks/pre-commit',
    '.github/workflows/x.yml',
    '.npmrc',
    'deep/node_modules/x/index.js',
  ])('cannot be %s, which runs on the host', async (name) => {
    const { root, carry } = setUp()
    expect(await carry('snapshot', join(root, name), 'evil')).toMatch(/not written to the host/)
    expect(existsSync(join(root, name))).toBe(false)
  })

  it('leaves nothing behind when the pod dies before it is complete', async () => {
    const { root, files } = setUp()
    await files.take({ mydocker: 'carry', id: 1, purpose: 'snapshot', path: join(root, 'half.snap') })
    await files.take({ mydocker: 'chunk', id: 1, bytes: Buffer.from('ha') })
    await files.close()
    expect(readdirSync(root)).toEqual([])
  })

  it('cannot fill the disk of the host', async () => {
    const { root, carry } = setUp({ maxBytes: 8 })
    expect(await carry('snapshot', join(root, 'big.snap'), '12345678', '9')).toMatch(/more than 8/)
    expect(readdirSync(root)).toEqual([])
  })

  it('is deleted on the host when it became obsolete, and only inside of the project', async () => {
    const { root, outside, files } = setUp()
    writeFileSync(join(root, 'old.snap'), '')
    writeFileSync(join(outside, 'keep'), '')
    expect(await files.take({ mydocker: 'remove', id: 1, path: join(root, 'old.snap') })).toEqual({
      mydocker: 'carried',
      id: 1,
    })
    expect(await files.take({ mydocker: 'remove', id: 2, path: join(outside, 'keep') })).toHaveProperty('error')
    expect(existsSync(join(root, 'old.snap'))).toBe(false)
    expect(existsSync(join(outside, 'keep'))).toBe(true)
  })
})

describe('coverage that a pod carries out', () => {
  it('goes to the directory of this run and nowhere else', async () => {
    const { root, carry } = setUp()
    const name = 'coverage-0b7c3c1e-1111-4222-8333-444455556666.json'
    expect(await carry('coverage', join(root, 'coverage/.tmp', name), '{}')).toBeUndefined()
    expect(readFileSync(join(root, 'coverage/.tmp', name), 'utf8')).toBe('{}')
    expect(await carry('coverage', join(root, name), '{}')).toMatch(/not a coverage file/)
    expect(await carry('coverage', join(root, 'coverage/.tmp/x.js'), '{}')).toMatch(/not a coverage file/)
  })
})

describe('an attachment that a pod carries out', () => {
  it('lies in a directory of ours, with the extension that tells its type', async () => {
    const { own, files, carry } = setUp()
    expect(await carry('attachment', '/tmp/shot.png', 'PNG')).toBeUndefined()
    const place = files.attachment(1)
    expect(place).toBe(join(own, '1.png'))
    expect(readFileSync(place ?? '', 'utf8')).toBe('PNG')
  })

  it('that could not be read has the reason', async () => {
    const { files } = setUp()
    await files.take({ mydocker: 'carry', id: 1, purpose: 'attachment', path: '/tmp/none' })
    await files.take({ mydocker: 'carry-end', id: 1, error: 'ENOENT: no such file' })
    expect(files.attachment(1)).toBeUndefined()
    expect(files.problem(1)).toBe('ENOENT: no such file')
  })
})

function setUp({
  snapshotFile,
  maxBytes = 1 << 20,
  writes = true,
  project = 'project',
}: {
  project?: string
  snapshotFile?: string
  maxBytes?: number
  writes?: boolean
} = {}) {
  const room = mkdtempSync(join(tmpdir(), 'carry-'))
  onTestFinished(() => rmSync(room, { recursive: true }))
  const [root, outside, own] = [join(room, project), join(room, 'outside'), join(room, 'own')]
  for (const directory of [root, outside]) mkdirSync(directory, { recursive: true })
  const policy: CarryPolicy = {
    roots: [root],
    snapshotFiles: new Set(snapshotFile === undefined ? [] : [join(room, snapshotFile)]),
    writesSnapshots: writes,
    coverageDirectory: join(root, 'coverage/.tmp'),
    maxBytes,
    privateDirectory: async () => own,
  }
  const files = new CarriedFiles(policy)
  let id = 0
  const carry = async (purpose: Purpose, path: string, ...contents: string[]): Promise<string | undefined> => {
    id++
    await files.take({ mydocker: 'carry', id, purpose, path })
    for (const content of contents) await files.take({ mydocker: 'chunk', id, bytes: Buffer.from(content) })
    return (await files.take({ mydocker: 'carry-end', id }))?.error
  }
  return { root, outside, own, files, carry }
}

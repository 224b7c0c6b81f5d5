import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import picomatch from 'picomatch'
import { expect, test } from 'vitest'
import { writeOverrides } from '../../plugin/flaky/overrides-file.ts'

const MIB = 2 ** 20
const directory = mkdtempSync(join(tmpdir(), 'mydocker-overrides-'))
const json = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'))

test('limits become overrides of one file each, sorted', () => {
  const file = join(directory, 'new.json')
  writeOverrides(file, [
    { file: 'b.test.ts', memory: 128 * MIB },
    { file: 'a.test.ts', memory: 96 * MIB },
  ])
  expect(json(file)).toEqual([
    { include: ['a.test.ts'], resources: { limits: { memory: '96Mi' } } },
    { include: ['b.test.ts'], resources: { limits: { memory: '128Mi' } } },
  ])
})

test('what else is in the file stays, and of an override for that very file all but its memory limit', () => {
  const file = join(directory, 'merged.json')
  const ours = { include: ['**/*.test.ts'], network: 'host' }
  const shared = { include: ['a.test.ts', 'b.test.ts'], resources: { limits: { memory: '1Gi' } } }
  const own = { include: ['a.test.ts'], env: { A: '1' }, resources: { limits: { memory: '64Mi', cpu: '1' } } }
  writeFileSync(file, JSON.stringify([ours, shared, own]))
  writeOverrides(file, [{ file: 'a.test.ts', memory: 96 * MIB }])
  expect(json(file)).toEqual([ours, shared, { ...own, resources: { limits: { memory: '96Mi', cpu: '1' } } }])
})

test('a name with characters that globs give a meaning matches that file and no other', () => {
  const file = join(directory, 'globs.json')
  const names = ['app/[id]/page.test.ts', 'a*b.test.ts', '{x,y}.test.ts', '(group)/!x.test.ts']
  writeOverrides(
    file,
    names.map((name) => ({ file: name, memory: 64 * MIB })),
  )
  const written: unknown = json(file)
  for (const name of names) {
    const matching = (Array.isArray(written) ? written : []).filter(({ include }) => picomatch.isMatch(name, include))
    expect(matching).toHaveLength(1)
  }
  const all = (Array.isArray(written) ? written : []).flatMap(({ include }) => include)
  for (const other of ['app/i/page.test.ts', 'aab.test.ts', 'x.test.ts'])
    expect(picomatch.isMatch(other, all)).toBe(false)
})

test('a file that holds something else is refused and left alone', () => {
  const file = join(directory, 'other.json')
  writeFileSync(file, '{ "name": "mine" }')
  expect(() => writeOverrides(file, [{ file: 'a.test.ts', memory: 64 * MIB }])).toThrow(
    /no list of overrides.*other\.json[\s\S]*--write <file>/,
  )
  expect(readFileSync(file, 'utf8')).toBe('{ "name": "mine" }')
})

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { History, type Observation } from '../../plugin/history.ts'
import type { Event } from '../../runtime/event.ts'

const Mi = 2 ** 20

/** A project with some test files, and what is known of them. */
function project(...files: string[]) {
  const root = mkdtempSync(join(tmpdir(), 'mydocker-history-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  for (const file of files) writeFileSync(join(root, file), '')
  const path = join(root, 'cache/history.json')
  const events: Event[] = []
  return {
    root,
    path,
    events,
    open: () => new History(path, (event) => events.push(event)),
    seen: (file: string, megabytes: number, more: Partial<Observation> = {}): Observation => ({
      project: '',
      root,
      file,
      peakMemory: megabytes * Mi,
      duration: 100,
      oomKilled: false,
      ...more,
    }),
  }
}

test('a file is expected to need the most of its last five runs and a margin', async () => {
  const { open, seen } = project('a.test.ts')
  for (const megabytes of [900, 100, 200, 120, 110, 100]) {
    const history = open()
    history.observe(seen('a.test.ts', megabytes, { duration: megabytes }))
    await history.save()
  }
  expect(open().memory('', 'a.test.ts')).toBe(Math.ceil(200 * Mi * 1.15))
  expect(open().duration('', 'a.test.ts')).toBe(110)
  expect(open().memory('', 'b.test.ts')).toBeUndefined()
  expect(open().memory('other', 'a.test.ts')).toBeUndefined()
})

test('one that was killed for its memory is expected to need more than it had', async () => {
  const { open, seen } = project('a.test.ts')
  const history = open()
  history.observe(seen('a.test.ts', 100, { oomKilled: true }))
  await history.save()
  expect(history.memory('', 'a.test.ts')).toBeGreaterThan(140 * Mi)
})

test('nothing changes while a run goes on', async () => {
  const { open, seen } = project('a.test.ts')
  const history = open()
  expect(history.memory('', 'a.test.ts')).toBeUndefined()
  history.observe(seen('a.test.ts', 100))
  expect(history.memory('', 'a.test.ts')).toBeUndefined()
  await history.save()
  expect(history.memory('', 'a.test.ts')).toBeDefined()
})

test('files that are gone are forgotten, those of other projects are not', async () => {
  const { open, seen, root } = project('a.test.ts', 'gone.test.ts')
  const first = open()
  for (const file of ['a.test.ts', 'gone.test.ts']) first.observe(seen(file, 100))
  first.observe(seen('b.test.ts', 100, { project: 'other', root: '/nowhere' }))
  await first.save()
  rmSync(join(root, 'gone.test.ts'))
  const second = open()
  second.observe(seen('a.test.ts', 100))
  await second.save()
  expect(open().memory('', 'a.test.ts')).toBeDefined()
  expect(open().memory('', 'gone.test.ts')).toBeUndefined()
})

test.each([
  '',
  '{',
  '[]',
  '{"version":2,"projects":{}}',
  '{"version":1,"projects":{"":{"a.test.ts":{"peaks":[],"durations":[-1]}}}}',
])('a broken file (%s) is ignored with an event, and replaced', async (content) => {
  const { open, seen, path, root, events } = project('a.test.ts')
  mkdirSync(join(root, 'cache'))
  writeFileSync(path, content)
  const history = open()
  expect(history.memory('', 'a.test.ts')).toBeUndefined()
  expect(events).toMatchObject([{ type: 'Warning', reason: 'HistoryIgnored', message: expect.stringContaining(path) }])
  history.observe(seen('a.test.ts', 100))
  await history.save()
  expect(open().memory('', 'a.test.ts')).toBeDefined()
})

test('one that cannot be written is told', async () => {
  const { open, seen, root, events } = project('a.test.ts')
  writeFileSync(join(root, 'cache'), 'a file where the directory should be')
  const history = open()
  history.observe(seen('a.test.ts', 100))
  await history.save()
  expect(events.map(({ reason }) => reason)).toContain('HistoryNotWritten')
})

test('runs that end at once lose nothing of one another', async () => {
  const names = Array.from({ length: 4 }, (_, index) => `${index}.test.ts`)
  const { root, path } = project(...names)
  const writer = join(root, 'writer.mts')
  const module = new URL('../../plugin/history.ts', import.meta.url).href
  writeFileSync(
    writer,
    `import { History } from ${JSON.stringify(module)}
     const [path, root, file] = process.argv.slice(2)
     for (let run = 0; run < 5; run++) {
       const history = new History(path, (event) => { throw new Error(event.message) })
       history.observe({ project: '', root, file, peakMemory: run, duration: run, oomKilled: false })
       await history.save()
     }`,
  )
  const writers = names.map((name) =>
    fork(writer, [path, root, name], { execArgv: ['--import', 'tsx'], cwd: process.cwd() }),
  )
  for (const [status] of await Promise.all(writers.map((each) => once(each, 'exit')))) expect(status).toBe(0)
  const { projects } = JSON.parse(readFileSync(path, 'utf8'))
  expect(Object.keys(projects['']).sort()).toEqual(names)
  for (const name of names) expect(projects[''][name].peaks).toEqual([0, 1, 2, 3, 4])
  expect(readdirSync(join(root, 'cache'))).toEqual(['history.json'])
})

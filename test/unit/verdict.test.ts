import { describe, expect, it } from 'vitest'
import { type FileRecord, Recorder } from '../../plugin/recorder.ts'
import { runningTests, type Verdict, verdict } from '../../plugin/verdict.ts'
import type { FileTask, RpcRequest, SuiteTask, TestTask } from '../../plugin/vitest.ts'

const error = { name: 'OOMKilled', message: 'too much', stack: 'OOMKilled: too much' }

describe('a pod that dies in a test', () => {
  const { recorder, record } = collected(
    test('done'),
    suite('deep', test('runs'), test('never')),
    suite('later', test('other')),
  )
  recorder.recordRpc(
    update(
      [
        ['f', run],
        ['f_0', run],
      ],
      [
        ['f', 'suite-prepare'],
        ['f_0', 'test-prepare'],
      ],
    ),
  )
  recorder.recordNote({ mydocker: 'test-started', test: 'f_0' })
  recorder.recordNote({
    mydocker: 'test-finished',
    test: 'f_0',
    result: { state: 'pass', duration: 3 },
    meta: { by: 'test' },
  })
  recorder.recordNote({ mydocker: 'test-started', test: 'f_1_0' })
  const end = verdict(record(), error)

  it('fails the running test with the error, and the file without a second copy of it', () => {
    expect(resultOf(end, 'f_1_0')).toMatchObject({ state: 'fail', errors: [error] })
    expect(resultOf(end, 'f')).toMatchObject({ state: 'fail' })
    expect(resultOf(end, 'f')).not.toHaveProperty('errors')
  })

  it('keeps the result of a finished test, though Vitest had not been told of it', () => {
    expect(resultOf(end, 'f_0')).toEqual({ state: 'pass', duration: 3 })
    expect(end.packs.find(([id]) => id === 'f_0')?.[2]).toEqual({ by: 'test' })
  })

  it('skips the tests that never ran, with a note', () => {
    expect(resultOf(end, 'f_1_1')).toEqual({ state: 'skip', note: 'not run: OOMKilled' })
    expect(resultOf(end, 'f_2_0')).toEqual({ state: 'skip', note: 'not run: OOMKilled' })
  })

  it('closes everything that Vitest had seen open, each event once and children first', () => {
    expect(eventsOf(end)).toEqual([
      'f_0 test-finished',
      'f_1 suite-prepare',
      'f_1_0 test-prepare',
      'f_1_0 test-finished',
      'f_1_1 test-prepare',
      'f_1_1 test-finished',
      'f_1 suite-finished',
      'f_2 suite-prepare',
      'f_2 suite-finished',
      'f suite-finished',
    ])
  })

  it('is named by the full name of the test', () => {
    expect(runningTests(record())).toEqual(['deep > runs'])
  })
})

describe('a pod that dies outside of tests', () => {
  it('fails the file itself when it was being loaded', () => {
    const { record } = queued()
    const end = verdict(record(), error)
    expect(resultOf(end, 'f')).toMatchObject({ state: 'fail', errors: [error] })
    expect(eventsOf(end)).toEqual(['f suite-failed-early'])
  })

  it('fails the file and skips its tests when they were known but none had begun', () => {
    const { record } = collected(test('a'))
    const end = verdict(record(), error)
    expect(resultOf(end, 'f')).toMatchObject({ state: 'fail', errors: [error] })
    expect(resultOf(end, 'f_0')).toMatchObject({ state: 'skip' })
  })

  it('fails a file whose tests had all passed, as when a child process is OOM killed', () => {
    const { recorder, record } = collected(test('a'))
    recorder.recordRpc(
      update(
        [
          ['f_0', { state: 'pass' }],
          ['f', { state: 'pass' }],
        ],
        [
          ['f', 'suite-prepare'],
          ['f_0', 'test-prepare'],
          ['f_0', 'test-finished'],
          ['f', 'suite-finished'],
        ],
      ),
    )
    const end = verdict(record(), error)
    expect(end.packs.map(([id]) => id)).toEqual(['f'])
    expect(resultOf(end, 'f')).toMatchObject({ state: 'fail', errors: [error] })
    expect(end.events).toEqual([])
  })
})

describe('what an author has skipped', () => {
  it('gets no note of ours', () => {
    const { recorder, record } = collected({ ...test('todo'), mode: 'todo' }, test('runs'))
    recorder.recordNote({ mydocker: 'test-started', test: 'f_1' })
    expect(resultOf(verdict(record(), error), 'f_0')).toBeUndefined()
  })
})

describe('a test whose place in the file Vitest knows', () => {
  it('fails with that place in the stack, so that reporters show the code', () => {
    const { recorder, record } = collected({ ...test('runs'), location: { line: 3, column: 7 } })
    recorder.recordNote({ mydocker: 'test-started', test: 'f_0' })
    expect(resultOf(verdict(record(), error), 'f_0')).toMatchObject({
      errors: [{ stack: 'OOMKilled: too much\n    at /project/a.test.ts:3:7' }],
    })
  })
})

const run = { state: 'run' }

function queued(...tasks: Unplaced[]): { recorder: Recorder; record: () => FileRecord } {
  const file: FileTask = { ...suite('a.test.ts', ...tasks)('f'), filepath: '/project/a.test.ts', file: undefined }
  const recorder = new Recorder()
  recorder.recordRpc({ t: 'q', m: 'onQueued', a: [{ ...file, tasks: [] }] })
  const record = (): FileRecord => {
    if (recorder.current === undefined) throw new Error('nothing recorded')
    return recorder.current
  }
  return { recorder, record }
}

function collected(...tasks: Unplaced[]): ReturnType<typeof queued> {
  const result = queued()
  const file: FileTask = { ...suite('a.test.ts', ...tasks)('f'), filepath: '/project/a.test.ts', file: undefined }
  result.recorder.recordRpc({ t: 'q', m: 'onCollected', a: [[file]] })
  return result
}

/** A task that gets its id from its place, as Vitest gives them: `f_1_0`. */
type Unplaced = ((id: string) => TestTask | SuiteTask) | Omit<TestTask, 'id'>

function test(name: string): Omit<TestTask, 'id'> {
  return { name, type: 'test', mode: 'run', meta: {} }
}

function suite(name: string, ...tasks: Unplaced[]): (id: string) => SuiteTask {
  return (id) => ({
    id,
    name,
    type: 'suite',
    mode: 'run',
    meta: {},
    tasks: tasks.map((task, index) => {
      const place = `${id}_${index}`
      return typeof task === 'function' ? task(place) : { ...task, id: place }
    }),
  })
}

function update(packs: [string, object][], events: [string, string][]): RpcRequest {
  return { t: 'q', m: 'onTaskUpdate', a: [packs.map(([id, result]) => [id, result, {}]), events] }
}

function resultOf(end: Verdict, id: string): object | undefined {
  return end.packs.find(([task]) => task === id)?.[1]
}

function eventsOf(end: Verdict): string[] {
  return end.events.map(([id, event]) => `${id} ${event}`)
}

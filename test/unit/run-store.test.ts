import { spawnSync } from 'node:child_process'
import { chmod, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import type { Event } from '../../runtime/event.ts'
import { stateDirectory } from '../../runtime/status/state.ts'
import { RunStore } from '../../runtime/status/store.ts'
import { readRuns } from '../../runtime/status/stored-runs.ts'
import type { RunReport } from '../../runtime/status/types.ts'
import { pod, runningPod, runReport, START } from '../support/run-report.ts'

let directory: string

beforeEach(async () => {
  const cache = await mkdtemp(join(tmpdir(), 'runs-'))
  onTestFinished(() => rm(cache, { recursive: true }))
  directory = stateDirectory(cache).runs
})

function store(onEvent: (event: Event) => void = unexpected): RunStore {
  return new RunStore(directory, onEvent)
}

function unexpected(event: Event): void {
  throw new Error(event.message)
}

/** @param number of the run, a minute after the one before */
function run(number: number, changes: Partial<RunReport['run']> = {}): RunReport {
  const startTime = START + number * 60_000
  return runReport([pod('a')], { run: { id: `run-${number}`, startTime, endTime: startTime + 1, ...changes } })
}

/** Of a process that there is no more. */
function deadPid(): number {
  return spawnSync('true').pid
}

test('what was written is read again, the newest run first', async () => {
  for (const number of [2, 1, 3]) await store().ended(run(number))
  const runs = await readRuns(directory)
  expect(runs.map(({ report }) => report.run.id)).toEqual(['run-3', 'run-2', 'run-1'])
  expect(runs[0]).toEqual({ report: JSON.parse(JSON.stringify(run(3))), state: 'ended' })
})

test('a run is seen while it goes on, and its end replaces what was written before', async () => {
  const going = run(1, { startTime: Date.now(), endTime: undefined })
  const writer = store()
  writer.changed(() => going)
  await expect.poll(() => readRuns(directory)).toMatchObject([{ state: 'going' }])
  await writer.ended({ ...going, run: { ...going.run, endTime: Date.now() } })
  expect(await readRuns(directory)).toMatchObject([{ state: 'ended' }])
})

test('many changes are few writes, of which the last one is never lost', async () => {
  let asked = 0
  const writer = store()
  const report = () => {
    asked++
    return run(1, { endTime: undefined })
  }
  for (let change = 0; change < 1000; change++) writer.changed(report)
  await expect.poll(() => readRuns(directory)).toHaveLength(1)
  for (let change = 0; change < 1000; change++) writer.changed(report)
  await writer.ended(runReport([runningPod('last')], { run: { id: 'run-1' } }))
  expect(asked).toBe(1)
  expect((await readRuns(directory))[0]?.report.pods).toMatchObject([{ name: 'last-1' }])
})

test('a run whose process is gone without an end has died, also when its pid is somebody else’s now', async () => {
  await store().ended(run(1, { pid: deadPid(), endTime: undefined }))
  // This process is younger than a run of 2026-01-02… whose pid it has.
  await store().ended(run(2, { pid: process.pid, startTime: Date.now() - 3_600_000, endTime: undefined }))
  expect((await readRuns(directory)).map(({ state }) => state)).toEqual(['died', 'died'])
})

test('the last ten runs are kept, and all that go on', async () => {
  await store().ended(run(0, { startTime: Date.now(), endTime: undefined }))
  for (let number = 1; number <= 12; number++) {
    await store().ended(run(number))
    // Time stamps of files may be coarser than the time between them.
    await utimes(join(directory, `run-${number}.json`), START / 1000 + number, START / 1000 + number)
  }
  await utimes(join(directory, 'run-0.json'), 1, 1)
  await writeFile(join(directory, `run-99.json.${deadPid()}.tmp`), '{')
  await store().ended(run(13))
  const kept = (await readRuns(directory)).map(({ report }) => report.run.id)
  expect(kept.toSorted()).toEqual(['run-0', ...Array.from({ length: 10 }, (_, index) => `run-${index + 4}`)].toSorted())
  expect((await readdir(directory)).filter((name) => name.endsWith('.tmp'))).toEqual([])
})

test('where nothing can be written, that is one Warning, and the run goes on', async () => {
  const events: Event[] = []
  await writeFile(join(directory, '../..', '.mydocker'), 'no directory')
  const writer = store((event) => events.push(event))
  await writer.ended(run(1))
  await writer.ended(run(2))
  expect(events).toMatchObject([{ type: 'Warning', reason: 'RunNotRecorded' }])
  expect(events[0]?.message).toMatch(/ENOTDIR|EEXIST/)
  expect(await readRuns(directory)).toEqual([])
})

test('a report of another version is left out, and an error when there is nothing else', async () => {
  await store().ended(run(1))
  await writeFile(join(directory, 'run-2.json'), JSON.stringify({ ...run(2), schemaVersion: 2 }))
  expect(await readRuns(directory)).toHaveLength(1)
  await rm(join(directory, 'run-1.json'))
  await expect(readRuns(directory)).rejects.toThrow(/schemaVersion 2.*run-2\.json[\s\S]*remove it/)
})

test.skipIf(process.getuid?.() === 0)('runs of another user are not silently none', async () => {
  await store().ended(run(1))
  await chmod(directory, 0)
  await expect(readRuns(directory)).rejects.toThrow(/cannot read.*EACCES/)
  await chmod(directory, 0o700)
})

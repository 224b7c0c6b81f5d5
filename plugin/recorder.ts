import type { Attempt } from '../runtime/status/types.ts'
import type { WorkerNote } from './messages.ts'
import { at, type FileTask, isFileTask, isTask, type RpcRequest, type SuiteTask, type TestTask } from './vitest.ts'

/** What is known of one test file's tasks: all that a verdict on a dead pod can build on. */
export interface FileRecord {
  readonly filepath: string
  file: FileTask
  /** Whether Vitest has been told of the tests (`onCollected`). */
  collected: boolean
  /** Last result of each task that Vitest has been told. */
  readonly results: Map<string, object | undefined>
  /** Names of the events of each task that Vitest has been told. */
  readonly events: Map<string, Set<string>>
  /** Results that the pod told us and that Vitest's own batch may not have brought yet. */
  readonly finished: Map<string, object>
  /** Last `task.meta` of each task: tests fill it while they run. */
  readonly metas: Map<string, object>
  /** Ids of tests that have begun and not ended. */
  readonly running: Set<string>
  /** Whether anything in the file has failed so far. */
  failed: boolean
}

/** Listens to the reports of one worker. It only reads: messages pass on unchanged. */
export class Recorder {
  readonly #files = new Map<string, FileRecord>()
  readonly #fileOfTask = new Map<string, FileRecord>()
  #current: FileRecord | undefined

  /** The file that the worker is at. */
  get current(): FileRecord | undefined {
    return this.#current
  }

  /** Whether anything has failed in any of its files. */
  get failed(): boolean {
    return [...this.#files.values()].some(({ failed }) => failed)
  }

  /** Its tests by state, when it has come to an end: those that were running have failed. */
  get tests(): Attempt['tests'] {
    const states = [...this.#files.values()].flatMap((record) => {
      const tests = [...descendants(record.file)].filter(({ type }) => type === 'test')
      return tests.map(({ id }) =>
        record.running.has(id) ? 'fail' : at(record.finished.get(id) ?? record.results.get(id), 'state'),
      )
    })
    const count = (...wanted: unknown[]): number => states.filter((state) => wanted.includes(state)).length
    return { passed: count('pass'), failed: count('fail'), skipped: count('skip', 'todo', undefined) }
  }

  recordRpc(message: RpcRequest): void {
    const [first, second] = message.a
    if (message.m === 'onQueued' && isFileTask(first)) this.#queued(first)
    else if (message.m === 'onCollected' && Array.isArray(first)) for (const file of first) this.#collected(file)
    else if (message.m === 'onTaskUpdate') this.#updated(first, second)
  }

  recordNote(note: WorkerNote): void {
    if (note.mydocker === 'test-started') {
      this.#fileOfTask.get(note.test)?.running.add(note.test)
    } else if (note.mydocker === 'test-finished') {
      const record = this.#fileOfTask.get(note.test)
      record?.running.delete(note.test)
      record?.finished.set(note.test, note.result)
      record?.metas.set(note.test, note.meta)
      if (record !== undefined && note.result.state === 'fail') record.failed = true
    }
  }

  #queued(file: FileTask): void {
    const record = newFileRecord(file)
    this.#files.set(file.filepath, record)
    this.#fileOfTask.set(file.id, record)
    this.#current = record
  }

  #collected(file: unknown): void {
    if (!isFileTask(file)) return
    const record = this.#files.get(file.filepath)
    if (record === undefined) return
    record.file = file
    record.collected = true
    for (const task of descendants(file)) this.#fileOfTask.set(task.id, record)
    if (at(file.result, 'state') === 'fail') record.failed = true
  }

  #updated(packs: unknown, events: unknown): void {
    for (const pack of Array.isArray(packs) ? packs : []) {
      const [id, result, meta] = Array.isArray(pack) ? pack : []
      const record = this.#fileOfTask.get(id)
      record?.results.set(id, typeof result === 'object' && result !== null ? result : undefined)
      if (typeof meta === 'object' && meta !== null) record?.metas.set(id, meta)
      if (record !== undefined && at(result, 'state') === 'fail') record.failed = true
    }
    for (const event of Array.isArray(events) ? events : []) {
      const [id, name] = Array.isArray(event) ? event : []
      const record = this.#fileOfTask.get(id)
      if (record === undefined || typeof name !== 'string') continue
      const names = record.events.get(id)
      if (names === undefined) record.events.set(id, new Set([name]))
      else names.add(name)
      if (name === 'test-finished') record.running.delete(id)
    }
  }
}

/** All tasks below a suite, parents before children. */
export function* descendants(suite: SuiteTask): Generator<TestTask | SuiteTask> {
  for (const task of suite.tasks) {
    if (!isTask(task)) continue
    yield task
    if (task.type === 'suite') yield* descendants(task)
  }
}

/** What is known of a file of which nothing has been heard but that there is one. */
export function newFileRecord(file: FileTask): FileRecord {
  return {
    filepath: file.filepath,
    file,
    collected: false,
    results: new Map(),
    events: new Map(),
    finished: new Map(),
    metas: new Map(),
    running: new Set(),
    failed: false,
  }
}

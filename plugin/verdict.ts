import type { FileRecord } from './recorder.ts'
import { at, isTask, type SuiteTask, type TaskEvent, type TaskPack, type TestTask } from './vitest.ts'

/** An error as Vitest's tasks carry it. */
export interface TaskError {
  readonly name: string
  readonly message: string
  readonly stack: string
}

/** An error that a worker sent (as Vitest serialised it), or one of ours, as a task carries it. */
export function asTaskError(error: unknown): TaskError {
  const text = (name: string): string | undefined => {
    const value = at(error, name)
    return typeof value === 'string' ? value : undefined
  }
  const name = text('name') ?? 'Error'
  const message = text('message') ?? String(error)
  return { name, message, stack: text('stack') ?? `${name}: ${message}` }
}

/** What to tell Vitest about a file whose pod has died: the arguments of one `onTaskUpdate`. */
export interface Verdict {
  readonly packs: TaskPack[]
  readonly events: TaskEvent[]
}

/**
 * Completes the report of a file that cannot report any more. Tests that had finished keep their results, those that were running
 * fail with `error`, those that never began are skipped with a note. The file fails; it carries the error itself
 * when no test does. Event order and states are those of Vitest's runner (`updateTask` in its run.ts).
 */
export function verdict(record: FileRecord, error: TaskError): Verdict {
  const writer = new Writer(record, error)
  writer.file()
  return writer
}

/** Full names (`suite > test`) of the tests that were running. */
export function runningTests(record: FileRecord): string[] {
  const names: string[] = []
  const visit = (suite: SuiteTask, path: string[]): void => {
    for (const task of suite.tasks) {
      if (!isTask(task)) continue
      if (task.type === 'suite') visit(task, [...path, task.name])
      else if (record.running.has(task.id)) names.push([...path, task.name].join(' > '))
    }
  }
  visit(record.file, [])
  return names
}

/** How one task, or a suite of them, came out. */
type Outcome = 'done' | 'failed' | 'never run'

class Writer implements Verdict {
  readonly packs: TaskPack[] = []
  readonly events: TaskEvent[] = []
  readonly #record: FileRecord
  readonly #error: TaskError

  constructor(record: FileRecord, error: TaskError) {
    this.#record = record
    this.#error = error
  }

  file(): void {
    const { file, running } = this.#record
    const errors = running.size === 0 ? { errors: [this.#error] } : {}
    const result = { ...this.#result(file.id), state: 'fail', ...errors, duration: this.#duration(file.id) }
    this.#pack(file, result)
    if (!this.#told(file.id, 'suite-prepare') && running.size === 0 && this.#record.finished.size === 0) {
      // Vitest reports a file that failed while it was imported as begun and ended at once.
      this.#silently(() => this.#children(file))
      this.#event(file.id, 'suite-failed-early')
      return
    }
    this.#event(file.id, 'suite-prepare')
    this.#children(file)
    this.#event(file.id, 'suite-finished')
  }

  #suite(suite: SuiteTask): Outcome {
    if (this.#told(suite.id, 'suite-finished')) return 'done'
    if (suite.mode === 'skip' || suite.mode === 'todo' || this.#untouched(suite)) {
      this.#neverRun(suite)
      return 'never run'
    }
    this.#event(suite.id, 'suite-prepare')
    const outcomes = this.#children(suite)
    const state = outcomes.includes('failed') || at(this.#result(suite.id), 'state') === 'fail' ? 'fail' : 'pass'
    this.#pack(suite, { ...this.#result(suite.id), state, duration: this.#duration(suite.id) })
    this.#event(suite.id, 'suite-finished')
    return state === 'fail' ? 'failed' : 'done'
  }

  #test(test: TestTask): Outcome {
    const { running, finished } = this.#record
    if (this.#told(test.id, 'test-finished')) return at(this.#result(test.id), 'state') === 'fail' ? 'failed' : 'done'
    const result = finished.get(test.id)
    if (running.has(test.id)) {
      const failed = { ...this.#result(test.id), state: 'fail', errors: [this.#errorAt(test)] }
      this.#pack(test, { ...failed, duration: this.#duration(test.id) })
    } else if (result !== undefined) {
      this.#pack(test, result)
    } else {
      this.#pack(test, this.#skipped(test))
    }
    this.#event(test.id, 'test-prepare')
    this.#event(test.id, 'test-finished')
    if (running.has(test.id) || at(result, 'state') === 'fail') return 'failed'
    return result === undefined ? 'never run' : 'done'
  }

  #children(suite: SuiteTask): Outcome[] {
    return suite.tasks.filter(isTask).map((task) => (task.type === 'suite' ? this.#suite(task) : this.#test(task)))
  }

  /** A suite in which nothing ran: of its children only the states are told, Vitest reports them itself (`reportChildren`). */
  #neverRun(suite: SuiteTask): void {
    this.#silently(() => {
      const visit = (parent: SuiteTask): void => {
        for (const task of parent.tasks.filter(isTask)) {
          this.#pack(task, this.#skipped(task))
          if (task.type === 'suite') visit(task)
        }
      }
      visit(suite)
    })
    this.#pack(suite, this.#skipped(suite))
    this.#event(suite.id, 'suite-prepare')
    this.#event(suite.id, 'suite-finished')
  }

  #skipped(task: TestTask | SuiteTask): object | undefined {
    // What its author skipped needs no note from us.
    if (task.mode === 'skip' || task.mode === 'todo') return this.#result(task.id)
    return { state: 'skip', note: `not run: ${this.#error.name}` }
  }

  #untouched(suite: SuiteTask): boolean {
    const { events, running, finished } = this.#record
    const touched = (id: string): boolean => events.has(id) || running.has(id) || finished.has(id)
    if (touched(suite.id)) return false
    return suite.tasks.filter(isTask).every((task) => {
      return task.type === 'suite' ? this.#untouched(task) : !touched(task.id)
    })
  }

  #pack(task: TestTask | SuiteTask, result: object | undefined): void {
    this.packs.push([task.id, result, this.#record.metas.get(task.id) ?? task.meta])
  }

  #result(id: string): object | undefined {
    return this.#record.results.get(id)
  }

  /** @returns milliseconds since the task's start, where Vitest knows that */
  #duration(id: string): number | undefined {
    const start = at(this.#result(id), 'startTime')
    return typeof start === 'number' ? Math.max(0, Date.now() - start) : undefined
  }

  /** With the test's place in the stack, where Vitest recorded it (`includeTaskLocation`): it then prints the code. */
  #errorAt(test: TestTask): TaskError {
    if (test.location === undefined) return this.#error
    const { line, column } = test.location
    const frame = `    at ${this.#record.filepath}:${line}:${column}`
    return { ...this.#error, stack: `${this.#error.stack}\n${frame}` }
  }

  #told(id: string, event: string): boolean {
    return this.#record.events.get(id)?.has(event) ?? false
  }

  /** Each event once, whether Vitest heard it from the worker or from us. */
  #event(id: string, event: string): void {
    if (!this.#told(id, event)) this.events.push([id, event, undefined])
  }

  #silently(write: () => void): void {
    const before = this.events.length
    write()
    this.events.length = before
  }
}

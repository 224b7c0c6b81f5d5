import { stripVTControlCharacters } from 'node:util'
import { descendants } from '../recorder.ts'
import { asTaskError } from '../verdict.ts'
import { at, type FileTask, isFileTask, isTask, type RpcRequest, type SuiteTask } from '../vitest.ts'
import type { Outcome, RunFailure } from './types.ts'

/** Enough to see what a test was at; a run has many. */
const MOST_LOG_CHARACTERS = 8 * 1024
const MOST_MESSAGE_CHARACTERS = 2000

/** What one run has shown of the tests of its file. */
export interface Observation {
  /** Full names, in the order of their definition; empty when the file was not collected. */
  readonly tests: readonly string[]
  readonly outcomes: string
  /** Indices of the tests in the order in which they began, where it was another. */
  readonly sequence?: readonly number[] | undefined
  readonly failures: readonly RunFailure[]
  readonly log: string
}

/** Listens to what a worker tells Vitest. */
export class Observer {
  #file: FileTask | undefined
  readonly #results = new Map<string, unknown>()
  readonly #begun: string[] = []
  readonly #errors: RunFailure[] = []
  #log = ''

  receive({ m: method, a: [first, second] }: RpcRequest): void {
    if (method === 'onQueued' && isFileTask(first)) this.#file = first
    else if (method === 'onCollected' && Array.isArray(first)) this.#collected(first[0])
    else if (method === 'onTaskUpdate') this.#updated(first, second)
    else if (method === 'onUserConsoleLog') this.print(String(at(first, 'content') ?? ''))
    else if (method === 'onUnhandledError') this.#errors.push(failureOf(first))
  }

  print(text: string): void {
    this.#log = (this.#log + text).slice(-MOST_LOG_CHARACTERS)
  }

  get observation(): Observation {
    const tasks = this.#file === undefined ? [] : [...descendants(this.#file)]
    const tests = tasks.filter(({ type }) => type === 'test')
    const indices = new Map(tests.map(({ id }, index) => [id, index]))
    const suites = [...(this.#file === undefined ? [] : [this.#file]), ...tasks.filter(({ type }) => type === 'suite')]
    const sequence = this.#begun.flatMap((id) => indices.get(id) ?? [])
    return {
      tests: names(this.#file),
      outcomes: tests.map(({ id, mode }) => outcomeOf(this.#results.get(id), mode)).join(''),
      sequence: sequence.every((index, place) => place === 0 || index > (sequence[place - 1] ?? -1))
        ? undefined
        : sequence,
      failures: [
        ...tests.flatMap(({ id }, test) => failuresOf(this.#results.get(id)).map((failure) => ({ test, ...failure }))),
        ...suites.flatMap(({ id }) => failuresOf(this.#results.get(id))),
        ...this.#errors,
      ],
      log: stripVTControlCharacters(this.#log),
    }
  }

  #collected(file: unknown): void {
    if (!isFileTask(file)) return
    this.#file = file
    for (const task of [file, ...descendants(file)])
      if (task.result !== undefined) this.#results.set(task.id, task.result)
  }

  #updated(packs: unknown, events: unknown): void {
    for (const pack of Array.isArray(packs) ? packs : []) {
      const id = at(pack, '0')
      if (typeof id === 'string') this.#results.set(id, at(pack, '1'))
    }
    for (const event of Array.isArray(events) ? events : []) {
      const id = at(event, '0')
      if (at(event, '1') === 'test-prepare' && typeof id === 'string') this.#begun.push(id)
    }
  }
}

function outcomeOf(result: unknown, mode: string): Outcome {
  const state = at(result, 'state')
  if (state === 'fail') return 'F'
  if (state === 'pass') return Number(at(result, 'retryCount') ?? 0) > 0 ? 'R' : 'P'
  // A verdict on a container that died says of tests that never began that they were skipped, with a note.
  const isOwn = mode === 'skip' || mode === 'todo' || (state === 'skip' && !/^not run: /.test(noteOf(result)))
  return isOwn ? 'S' : '-'
}

function noteOf(result: unknown): string {
  const note = at(result, 'note')
  return typeof note === 'string' ? note : ''
}

function failuresOf(result: unknown): RunFailure[] {
  const errors = at(result, 'errors')
  const hasFailed = at(result, 'state') === 'fail' || Number(at(result, 'retryCount') ?? 0) > 0
  if (!hasFailed || !Array.isArray(errors)) return []
  const duration = at(result, 'duration')
  return errors.map((error) => ({
    ...failureOf(error),
    duration: typeof duration === 'number' ? Math.round(duration) : undefined,
  }))
}

function failureOf(error: unknown): RunFailure {
  const { name, message } = asTaskError(error)
  return { name, message: stripVTControlCharacters(message).slice(0, MOST_MESSAGE_CHARACTERS) }
}

/** Full names; the second of the same name gets a number. */
function names(file: FileTask | undefined): string[] {
  if (file === undefined) return []
  const counts = new Map<string, number>()
  const all: string[] = []
  const visit = (suite: SuiteTask, path: readonly string[]): void => {
    for (const task of suite.tasks.filter(isTask)) {
      const full = [...path, task.name]
      if (task.type === 'suite') visit(task, full)
      else {
        const name = full.join(' > ')
        const count = (counts.get(name) ?? 0) + 1
        counts.set(name, count)
        all.push(count === 1 ? name : `${name} (${count})`)
      }
    }
  }
  visit(file, [])
  return all
}

import { at, type FileIds, isFileTask, type RpcRequest } from './vitest.ts'

/** What Vitest's worker gives in place of an id for what is printed outside of tests. */
const UNKNOWN_TEST = '__vitest__unknown_test__'

/**
 * The tasks of the files that a pod was given. Its worker can be made to say anything; of other files nothing is believed.
 * Ids are those of Vitest's runner: a file's is a hash of its path, and its tasks' begin with it (`calculateSuiteHash`).
 */
export class OwnTasks {
  readonly #idOf: FileIds
  readonly #files = new Map<string, string>()

  constructor(idOf: FileIds) {
    this.#idOf = idOf
  }

  add(filepaths: readonly string[]): void {
    for (const filepath of filepaths) this.#files.set(filepath, this.#idOf(filepath))
  }

  /** @returns whether a message of the worker is about these tasks, or about none */
  covers({ m: method, a: [first, second] }: RpcRequest): boolean {
    if (method === 'onQueued') return this.#isOwnFile(first)
    if (method === 'onCollected') return list(first).every((file) => this.#isOwnFile(file))
    if (method === 'onTaskUpdate') return [...list(first), ...list(second)].every((each) => this.#isOwn(at(each, '0')))
    if (method === 'onTaskArtifactRecord') return this.#isOwn(first)
    if (method !== 'onUserConsoleLog') return true
    const id = at(first, 'taskId')
    return id === undefined || id === UNKNOWN_TEST || this.#isOwn(id)
  }

  #isOwnFile(file: unknown): boolean {
    return isFileTask(file) && this.#files.get(file.filepath) === file.id && this.#areOwn(file.tasks)
  }

  #areOwn(tasks: readonly unknown[]): boolean {
    return tasks.every((task) => {
      const below = at(task, 'tasks')
      return this.#isOwn(at(task, 'id')) && (below === undefined || this.#areOwn(list(below)))
    })
  }

  #isOwn(id: unknown): boolean {
    if (typeof id !== 'string') return false
    return [...this.#files.values()].some((file) => id === file || id.startsWith(`${file}_`))
  }
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}

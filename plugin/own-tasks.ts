import { at, type FileIds, isFileTask } from './vitest.ts'

/** What Vitest's worker gives in place of an id for what is printed outside of tests. */
const UNKNOWN_TEST = '__vitest__unknown_test__'
/** More items than any test file has: a list of some bytes may claim to have so many that counting them takes hours. */
const ITEMS_MAX = 1_000_000

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

  /** Absolute paths. */
  get files(): readonly string[] {
    return [...this.#files.keys()]
  }

  /** Whether a value is the absolute path of one of the files. */
  hasPath(value: unknown): boolean {
    return typeof value === 'string' && this.#files.has(value)
  }

  /** Whether a value is the task of one of the files, and all tasks below it are its. */
  hasFile(value: unknown): boolean {
    return isFileTask(value) && this.#files.get(value.filepath) === value.id && this.#haveOwn(value.tasks)
  }

  /** Whether a value is the id of one of the tasks. */
  has(id: unknown): boolean {
    if (typeof id !== 'string') return false
    return [...this.#files.values()].some((file) => id === file || id.startsWith(`${file}_`))
  }

  /** Whether a value is what stands for the test that has printed something. */
  mayPrint(id: unknown): boolean {
    return id === undefined || id === UNKNOWN_TEST || this.has(id)
  }

  #haveOwn(tasks: readonly unknown[]): boolean {
    return all(tasks, (task) => {
      const below = at(task, 'tasks')
      return this.has(at(task, 'id')) && (below === undefined || (Array.isArray(below) && this.#haveOwn(below)))
    })
  }
}

/** Whether a value is a list, and of such items. */
export function all(value: unknown, is: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length <= ITEMS_MAX && value.every(is)
}

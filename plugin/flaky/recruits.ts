import { relative } from 'node:path'
import type { PoolOptions, PoolRunnerInitializer, PoolWorker, WorkerRequest } from 'vitest/node'
import { POOL_NAME } from '../names.ts'
import type { RunRequest } from '../pod-session.ts'
import { response } from '../vitest.ts'

/** A test file and all that Vitest tells a worker of it: what it takes to run it as often as is wanted. */
export interface Recruit {
  readonly options: PoolOptions
  /** Vitest's `start` and `run` messages; the latter of this file alone. */
  readonly start: object
  readonly run: RunRequest
  readonly filepath: string
  /** Relative to the root of its project. */
  readonly file: string
  readonly project: string
}

/**
 * A pool that runs nothing. Vitest sets up what its files need, and gives them to workers, by its configuration; they take note of
 * what they are told, and say that they are done.
 */
export function recruitingPool(recruit: (file: Recruit) => void): PoolRunnerInitializer {
  return { name: POOL_NAME, createPoolWorker: (options) => new RecruitingWorker(options, recruit) }
}

class RecruitingWorker implements PoolWorker {
  readonly name: string = POOL_NAME
  readonly cacheFs: boolean = true
  readonly #options: PoolOptions
  readonly #recruit: (file: Recruit) => void
  readonly #listeners = new Map<string, Set<(argument: unknown) => void>>()
  #start: object | undefined

  constructor(options: PoolOptions, recruit: (file: Recruit) => void) {
    this.#options = options
    this.#recruit = recruit
  }

  on(event: string, listener: (argument: unknown) => void): void {
    this.#listeners.set(event, (this.#listeners.get(event) ?? new Set()).add(listener))
  }

  off(event: string, listener: (argument: unknown) => void): void {
    this.#listeners.get(event)?.delete(listener)
  }

  deserialize(data: unknown): unknown {
    return data
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  send(message: WorkerRequest): void {
    if (message.type === 'start') {
      this.#start = message
      this.#answer('started')
    } else if (message.type === 'run') {
      this.#take(message)
      this.#answer('testfileFinished')
    } else if (message.type === 'stop') this.#answer('stopped')
  }

  #take(run: RunRequest): void {
    const { project } = this.#options
    for (const file of run.context.files)
      this.#recruit({
        options: this.#options,
        start: this.#start ?? {},
        run: { ...run, context: { ...run.context, files: [file] } },
        filepath: file.filepath,
        file: relative(project.config.root, file.filepath),
        project: project.name,
      })
  }

  #answer(type: 'started' | 'testfileFinished' | 'stopped'): void {
    queueMicrotask(() => {
      for (const listener of this.#listeners.get('message') ?? []) listener(response(type))
    })
  }
}

import { mkdir } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { messageOf } from '../../runtime/errors.ts'
import type { Project } from '../support/project.ts'
import { edit } from './edits.ts'
import { problemOfAll, problemOfEdit } from './problems.ts'
import type { PoolRun, Sample } from './results.ts'
import type { Roles } from './roles.ts'
import { takeSample } from './sample.ts'
import { type Pool, type Rerun, Watching } from './watching.ts'

export interface Task {
  readonly pool: Pool
  /** Test files of the project. */
  readonly files: number
  /** Pods to have in re-runs of everything, and re-runs after an edit. */
  readonly pods: number
  readonly edits: number
  readonly signal: AbortSignal
  /** Hears of every sample. */
  readonly onSample: (run: PoolRun) => void
}

/** Runs one pool until it has had enough, or fails to go on, or Ctrl-C. Nothing is lost of what it has seen. */
export async function soak(project: Project, task: Task): Promise<PoolRun> {
  const run: PoolRun = { pool: task.pool, samples: [], failures: [], complete: false }
  await mkdir(project.path('../tmp'), { recursive: true })
  try {
    await using watching = await Watching.start(project, task.pool, task.signal)
    await new Soak(watching, task, run).all()
    run.complete = true
  } catch (error) {
    const { pods = 0, edits = 0 } = run.samples.at(-1) ?? {}
    if (!task.signal.aborted) run.failures.push(`after ${pods} pods, ${edits} edits: ${messageOf(error)}`)
  }
  return run
}

class Soak {
  readonly #watching: Watching
  readonly #task: Task
  readonly #run: PoolRun
  #pods = 0
  #edits = 0
  #roles: Roles | undefined

  constructor(watching: Watching, task: Task, run: PoolRun) {
    this.#watching = watching
    this.#task = task
    this.#run = run
  }

  async all(): Promise<void> {
    const { pods, edits, files } = this.#task
    for (let rerun = this.#watching.first; ; rerun = await this.#watching.rerunAll()) {
      await this.#done('pods', files, rerun, problemOfAll(rerun, files))
      if (this.#pods >= pods) break
    }
    while (this.#edits < edits) {
      const { file, content, expected } = edit(++this.#edits, this.#task.pool)
      const rerun = await this.#watching.edit(file, content)
      await this.#done('edits', 1, rerun, problemOfEdit(rerun, expected))
    }
  }

  async #done(phase: Sample['phase'], files: number, rerun: Rerun, problem: string | undefined): Promise<void> {
    const { failures, samples } = this.#run
    const where = phase === 'pods' ? `after ${this.#pods} pods` : `edit ${this.#edits}`
    if (problem !== undefined) failures.push(`${where}: ${problem}`)
    this.#pods += files
    if (this.#task.pool === 'mydocker' && rerun.containers !== files)
      failures.push(`${where}: ${files} files in ${rerun.containers} containers`)
    const { figures, roles } = await takeSample(this.#watching)
    // What begins anew has leaked nothing yet.
    this.#roles ??= roles
    if (!isDeepStrictEqual(roles, this.#roles))
      failures.push(`${where}: other processes than at the start: ${JSON.stringify(roles)}`)
    samples.push({ phase, pods: this.#pods, edits: this.#edits, figures: { ...figures } })
    this.#task.onSample(this.#run)
  }
}

import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { within } from '../../plugin/within.ts'
import { type JsonReport, parseJsonReport } from '../support/json-report.ts'
import { tracesOf } from '../support/leftovers.ts'
import type { Project } from '../support/project.ts'
import { type Running, vitest } from '../support/vitest-run.ts'
import { commandLine } from '../support/zygote.ts'
import { HEAP_REPORTER } from './suite.ts'

export type Pool = 'mydocker' | 'forks'

/** What one re-run has come to. */
export interface Rerun {
  readonly report: JsonReport
  /** Containers that it says it had. */
  readonly containers: number
}

/** A hang is a failure like another, and must not hold up a soak that nobody looks at. */
const MOST_RERUN_MS = 600_000

/** After `q`; more than Vitest's teardownTimeout of 10 s. */
const MOST_END_MS = 20_000

/** Vitest in watch mode, on a terminal, as its user sees it. */
export class Watching {
  readonly project: Project
  /** The main process. */
  readonly main: number
  /** Where nobody else makes temporary files. */
  readonly temporary: string
  readonly first: Rerun
  readonly #run: Running
  readonly #signal: AbortSignal
  #isWaiting = true

  /** Resolves when Vitest has run everything once. */
  static async start(project: Project, pool: Pool, signal: AbortSignal): Promise<Watching> {
    const room = dirname(project.directory)
    const reporters = [`./${HEAP_REPORTER}`, 'default', 'json'].map((name) => `--reporter=${name}`)
    const args = ['--watch', `--pool=${pool}`, ...reporters, `--outputFile.json=${reportOf(project)}`]
    const env = { TMPDIR: join(room, 'tmp'), SOAK_HEAP: heapOf(project) }
    const run = vitest(project, args, { terminal: true, env })
    try {
      const first = await ended(run, project, signal)
      return new Watching(project, run, first, signal)
    } catch (error) {
      await end(run, false)
      throw error
    }
  }

  private constructor(project: Project, run: Running, first: Rerun, signal: AbortSignal) {
    this.project = project
    this.temporary = join(dirname(project.directory), 'tmp')
    this.first = first
    this.#run = run
    this.#signal = signal
    this.main = mainProcess(run)
  }

  async rerunAll(): Promise<Rerun> {
    return await this.#rerun(() => this.#run.type('a'))
  }

  /** As editors save: a file that is emptied first and written later is two edits on a machine that is busy. */
  async edit(file: string, content: string): Promise<Rerun> {
    const draft = join(dirname(this.project.directory), 'draft')
    await writeFile(draft, content)
    return await this.#rerun(() => rename(draft, this.project.path(file)))
  }

  /** What the main process holds after a collection of garbage, in bytes, since the last re-run. */
  async heap(): Promise<number> {
    return Number(await readFile(heapOf(this.project), 'utf8'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await end(this.#run, this.#isWaiting)
  }

  async #rerun(begin: () => void | Promise<void>): Promise<Rerun> {
    await rm(reportOf(this.project), { force: true })
    this.#run.forget()
    this.#isWaiting = false
    await begin()
    const rerun = await ended(this.#run, this.project, this.#signal)
    this.#isWaiting = true
    return rerun
  }
}

/** Resolves when Vitest waits for an edit. */
async function ended(run: Running, project: Project, signal: AbortSignal): Promise<Rerun> {
  const over = new AbortController()
  const waits = run.printed(/(Waiting|Watching) for file changes/)
  await Promise.race([waits, interrupted(AbortSignal.any([signal, over.signal]), run)]).finally(() => over.abort())
  const report = await readFile(reportOf(project), 'utf8').catch(() => {
    throw new Error(`Vitest wrote no report:\n${run.output()}`)
  })
  const containers = Number(/^ *(?:mydocker)? +(\d+) containers?\b/m.exec(run.output())?.[1] ?? 0)
  return { report: parseJsonReport(report), containers }
}

/** Never resolves. @throws Error with what was printed when it takes too long; AbortError at Ctrl-C */
async function interrupted(signal: AbortSignal, run: Running): Promise<never> {
  await setTimeout(MOST_RERUN_MS, undefined, { signal, ref: false })
  throw new Error(`no end of a re-run after ${MOST_RERUN_MS / 1000} s:\n${run.output()}`)
}

/** As its user would: `q` is a key only while it waits; Ctrl-C cancels the tests that run, and again ends it. */
async function end(run: Running, isWaiting: boolean): Promise<void> {
  if (isWaiting) run.type('q')
  else {
    run.type(CONTROL_C)
    run.printed(/Cancelling test run/).then(
      () => run.type(CONTROL_C),
      () => {}, // has ended
    )
  }
  if (!(await within(MOST_END_MS, run.ended))) run.signal('SIGKILL', 'group')
  await run.ended
}

const CONTROL_C = '\x03'

/** Below script(1), which makes the terminal, and its shell. */
function mainProcess(run: Running): number {
  const found = tracesOf(run.pid).processes.find(({ pid }) =>
    /\/vitest\.mjs$/.test(commandLine(pid).split('\0')[1] ?? ''),
  )
  if (found === undefined) throw new Error('no main process of Vitest below script(1)')
  return found.pid
}

function reportOf(project: Project): string {
  return join(dirname(project.directory), 'report.json')
}

function heapOf(project: Project): string {
  return join(dirname(project.directory), 'heap')
}

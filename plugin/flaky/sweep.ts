import { setMaxListeners } from 'node:events'
import { availableParallelism } from 'node:os'
import { messageOf } from '../../runtime/errors.ts'
import type { Milliseconds } from '../../runtime/units.ts'
import { JobQueue } from './job-queue.ts'
import type { Performance } from './performer.ts'
import { nextRuns } from './plan.ts'
import type { Recruit } from './recruits.ts'
import type { RunConditions, SweepFile, SweepInfo, SweepRun, SweepSettings } from './types.ts'

/**
 * Runs that are under way at once, for each core: how many of them have containers the scheduler decides, by what they request; a few
 * more have ended and wait for their containers to be gone.
 */
const RUNS_PER_CORE = 12

/** All files have had as many runs as one of them, or so many less: more lets runs in containers of the same kind follow one another. */
const RUNS_OF_STAGE = 4

/** Runs of one file that are void one after the other: then it is given up, for they cost time and say nothing. */
const MOST_VOID_RUNS = 5

/** As long as what is under way may take to end when the time is up: a file with a tenth of a core may take minutes. */
const LAST_RUNS_MS: Milliseconds = 10_000

export interface SweepContext {
  readonly recruits: readonly Recruit[]
  readonly settings: SweepSettings
  perform(recruit: Recruit, conditions: RunConditions, signal: AbortSignal): Promise<Performance>
  /** Told how many runs in containers of the same kind will follow. */
  foresee(runs: number): void
  /** Told of each run that has ended. */
  onRun(file: SweepFile, run: SweepRun): void
}

interface FileState {
  readonly recruit: Recruit
  file: SweepFile
  /** What was planned together, as far as it has been run. */
  batch: (Performance | undefined)[]
  /** How much of that is noted: in its order, so that the same seed makes the same sweep. */
  noted: number
  voidRuns: number
}

interface SweepJob {
  readonly kind: string
  readonly stage: number
  readonly state: FileState
  /** In its batch. */
  readonly place: number
  readonly conditions: RunConditions
}

/** Runs files under ever more conditions, until what is asked of each of them is clear. */
export class Sweep {
  readonly #context: SweepContext
  readonly #states: FileState[]
  readonly #queue = new JobQueue<SweepJob>()
  readonly #abort = new AbortController()
  #state: SweepInfo['state'] = 'running'
  #running = 0
  #wake: () => void = () => {}

  /** @param known runs of an earlier sweep that is gone on with */
  constructor(context: SweepContext, known: readonly SweepFile[] = []) {
    this.#context = context
    setMaxListeners(mostRuns(), this.#abort.signal)
    this.#states = context.recruits.map((recruit) => ({
      recruit,
      file: begun(recruit, known),
      batch: [],
      noted: 0,
      voidRuns: 0,
    }))
  }

  get state(): SweepInfo['state'] {
    return this.#state
  }

  get files(): SweepFile[] {
    return this.#states.map(({ file }) => file)
  }

  /** Runs that wait or are under way. */
  get pending(): number {
    return this.#queue.size + this.#running
  }

  /** Ends the sweep: what has been found stays. @param now also ends the runs that are under way */
  end(state: 'interrupted' | 'out-of-time', now: boolean): void {
    if (this.#state === 'running') this.#state = state
    this.#queue.drop(() => true)
    if (now) this.#abort.abort()
    this.#wake()
  }

  /** Resolves when everything is clear, or it was ended. */
  async run(): Promise<void> {
    const { budget } = this.#context.settings
    const timers = budget === undefined ? [] : this.#endAfter(budget)
    for (const state of this.#states) this.#plan(state)
    while (this.#queue.size > 0 || this.#running > 0) {
      while (this.#running < mostRuns() && this.#queue.size > 0) this.#begin()
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    for (const timer of timers) clearTimeout(timer)
    for (const state of this.#states) this.#noteRest(state)
    if (this.#state === 'running') this.#state = 'completed'
  }

  #endAfter(budget: Milliseconds): NodeJS.Timeout[] {
    return [
      setTimeout(() => this.end('out-of-time', false), budget),
      setTimeout(() => this.end('out-of-time', true), budget + LAST_RUNS_MS),
    ]
  }

  #plan(state: FileState): void {
    if (this.#state !== 'running' || state.voidRuns >= MOST_VOID_RUNS) return
    const wanted = nextRuns(state.file, this.#context.settings)
    const before = state.file.runs.length
    state.batch = wanted.map(() => undefined)
    state.noted = 0
    for (const [place, conditions] of wanted.entries()) {
      const stage = before + place - (place % RUNS_OF_STAGE)
      this.#queue.add({ kind: kindOf(state.recruit, conditions), stage, state, place, conditions })
    }
  }

  #begin(): void {
    const job = this.#queue.take()
    if (job === undefined) return
    this.#running++
    this.#context.foresee(this.#queue.left(job.kind))
    void this.#perform(job).finally(() => {
      this.#running--
      this.#wake()
    })
  }

  async #perform({ state, place, conditions }: SweepJob): Promise<void> {
    const startTime = Date.now()
    let performed: Performance
    try {
      performed = await this.#context.perform(state.recruit, conditions, this.#abort.signal)
    } catch (error) {
      performed = { tests: [], run: failedRun(conditions, startTime, messageOf(error)) }
    }
    if (this.#abort.signal.aborted) return
    state.batch[place] = performed
    for (let next = state.batch[state.noted]; next !== undefined; next = state.batch[state.noted]) {
      state.noted++
      this.#note(state, next)
    }
    if (state.noted === state.batch.length) this.#plan(state)
  }

  /** Of a batch that was ended early: some may be missing before these. */
  #noteRest(state: FileState): void {
    for (const performed of state.batch.splice(state.noted)) if (performed !== undefined) this.#note(state, performed)
  }

  #note(state: FileState, { tests, run }: Performance): void {
    const { file } = state
    state.voidRuns = run.outcome === 'void' ? state.voidRuns + 1 : 0
    if (state.voidRuns >= MOST_VOID_RUNS) this.#queue.drop((job) => job.state === state)
    const numbered: SweepRun = { number: file.runs.length + 1, ...run }
    // The tests of a file are the same in every run, but where it cannot be collected.
    state.file = { ...file, tests: file.tests.length > 0 ? file.tests : tests, runs: [...file.runs, numbered] }
    this.#context.onRun(state.file, numbered)
  }
}

function mostRuns(): number {
  return RUNS_PER_CORE * availableParallelism()
}

function begun({ project, file }: Recruit, known: readonly SweepFile[]): SweepFile {
  return known.find((each) => each.project === project && each.file === file) ?? { project, file, tests: [], runs: [] }
}

function kindOf({ project }: Recruit, { memory, cpu }: RunConditions): string {
  return JSON.stringify([project, memory, cpu])
}

function failedRun(conditions: RunConditions, startTime: number, message: string): Performance['run'] {
  const duration = Date.now() - startTime
  return { conditions, outcome: 'void', message, startTime, duration, outcomes: '', failures: [] }
}

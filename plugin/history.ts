import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { EventSink } from '../runtime/event.ts'
import type { Bytes, Milliseconds } from '../runtime/units.ts'
import { HistoryFile, type Needs, type Records } from './history-file.ts'

/** What one run of a test file has needed. */
export interface Observation {
  /** Name of its Vitest project, and the root of that. */
  readonly project: string
  readonly root: string
  /** Relative to the root. */
  readonly file: string
  readonly peakMemory: Bytes
  /** From its admission to its removal. */
  readonly duration: Milliseconds
  /** It was killed for its memory: it needs more than it had. */
  readonly oomKilled: boolean
}

/** One run that needed less says little: what a file does may depend on caches, on the machine, on `-t`. */
const RUNS_KEPT = 5
/** What a file needs is never quite the same. */
const MARGIN = 1.15
/** How much more it would have needed is not known. */
const OOM_FACTOR = 1.5

/** What test files needed in earlier runs, by which they are scheduled. It does not change while a run goes on. */
export class History {
  readonly #file: HistoryFile
  readonly #roots = new Map<string, string>()
  #known: Records | undefined
  #observed: Observation[] = []

  /** @param path of the file, which need not be there */
  constructor(path: string, onEvent: EventSink) {
    this.#file = new HistoryFile(path, onEvent)
  }

  /** @returns the memory that a file is likely to need: what it had at most in its last runs, and a margin */
  memory(project: string, file: string): Bytes | undefined {
    const needs = this.#needs(project, file)
    return needs === undefined ? undefined : Math.ceil(Math.max(...needs.peaks) * MARGIN)
  }

  /** @returns the median of its last runs */
  duration(project: string, file: string): Milliseconds | undefined {
    const sorted = this.#needs(project, file)?.durations.toSorted((a, b) => a - b)
    return sorted?.[Math.floor(sorted.length / 2)]
  }

  /** Keeps what a file has needed, for later runs. */
  observe(observation: Observation): void {
    this.#observed.push(observation)
    this.#roots.set(observation.project, observation.root)
  }

  /** Adds what this run has observed to what others may have written meanwhile, and forgets files that are gone. Never rejects. */
  async save(): Promise<void> {
    if (this.#observed.length === 0) return
    const observed = this.#observed
    this.#observed = []
    this.#known = await this.#file.update((records) => this.#withoutGone(observed.reduce(added, records)))
  }

  #needs(project: string, file: string): Needs | undefined {
    this.#known ??= this.#file.read()
    return this.#known[project]?.[file]
  }

  #withoutGone(records: Records): Records {
    const kept = Object.entries(records).map(([project, files]) => {
      const root = this.#roots.get(project)
      // Of a project that did not run here nobody knows where it is.
      if (root === undefined) return [project, files]
      return [project, Object.fromEntries(Object.entries(files).filter(([file]) => existsSync(join(root, file))))]
    })
    return Object.fromEntries(kept)
  }
}

function added(records: Records, { project, file, ...observed }: Observation): Records {
  const { peaks, durations } = records[project]?.[file] ?? { peaks: [], durations: [] }
  const peak = Math.round(observed.peakMemory * (observed.oomKilled ? OOM_FACTOR : 1))
  const needs: Needs = {
    peaks: [...peaks, peak].slice(-RUNS_KEPT),
    durations: [...durations, Math.round(observed.duration)].slice(-RUNS_KEPT),
  }
  return { ...records, [project]: { ...records[project], [file]: needs } }
}

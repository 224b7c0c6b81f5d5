import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../errors.ts'
import type { EventSink } from '../event.ts'
import { isProcess, runState } from './liveness.ts'
import { parseRunReport } from './schema.ts'
import type { RunReport } from './types.ts'

const RUNS_KEPT = 10
/** Twice a second is as often as someone who watches wants to know. */
const QUIET_MS = 500
/** A report of thousands of pods takes long to write: that shall not cost the tests more than a twentieth of a core. */
const QUIET_PER_COST = 20

/** Keeps the reports of a project's last runs in files, for `mydocker get` and others, while a run goes on and afterwards. */
export class RunStore {
  readonly #directory: string
  readonly #onEvent: EventSink
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()
  #quietUntil = 0
  #broken = false

  /**
   * @param directory of runs (`stateDirectory`), made when there is something to write
   * @param onEvent told once when nothing can be written there: a run goes on without
   */
  constructor(directory: string, onEvent: EventSink) {
    this.#directory = directory
    this.#onEvent = onEvent
  }

  /** Has the report written soon. @param current called when it is */
  changed(current: () => RunReport): void {
    if (this.#timer !== undefined || this.#broken) return
    const wait = Math.max(QUIET_MS, this.#quietUntil - Date.now())
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.#write(current)
    }, wait).unref()
  }

  /** Writes the last report of a run, and forgets the oldest runs. Never rejects. */
  async ended(report: RunReport): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#write(() => report)
    if (!this.#broken) await this.#try(() => forgetOld(this.#directory))
  }

  /** One after the other, so that the last one stays. */
  #write(current: () => RunReport): Promise<void> {
    this.#writing = this.#writing.then(() =>
      this.#try(async () => {
        const before = performance.now()
        const report = current()
        const file = join(this.#directory, `${report.run.id}.json`)
        const draft = `${file}.${process.pid}.tmp`
        await mkdir(this.#directory, { recursive: true })
        await writeFile(draft, JSON.stringify(report))
        await rename(draft, file)
        this.#quietUntil = Date.now() + (performance.now() - before) * QUIET_PER_COST
      }),
    )
    return this.#writing
  }

  async #try(work: () => Promise<void>): Promise<void> {
    if (this.#broken) return
    try {
      await work()
    } catch (error) {
      this.#broken = true
      const message = `\`mydocker get\` will not know of this run: ${messageOf(error)}; make ${this.#directory} writable, or set Vite's cacheDir to a directory that is`
      this.#onEvent({ type: 'Warning', reason: 'RunNotRecorded', message })
    }
  }
}

/** Removes all but the newest runs and those that go on, and drafts of processes that died. */
async function forgetOld(directory: string): Promise<void> {
  const names = await readdir(directory)
  for (const name of names) {
    const pid = /\.(\d+)\.tmp$/.exec(name)?.[1]
    if (pid !== undefined && !isProcess(Number(pid))) await rm(join(directory, name), { force: true })
  }
  const files = names.filter((name) => name.endsWith('.json')).map((name) => join(directory, name))
  // A parallel run of the same project may have removed one in the meantime.
  const times = await Promise.all(files.map(async (file) => (await stat(file).catch(() => undefined))?.mtimeMs ?? 0))
  const newestFirst = files.toSorted((a, b) => (times[files.indexOf(b)] ?? 0) - (times[files.indexOf(a)] ?? 0))
  for (const file of newestFirst.slice(RUNS_KEPT)) {
    if (!(await goesOn(file))) await rm(file, { force: true })
  }
}

async function goesOn(file: string): Promise<boolean> {
  const text = await readFile(file, 'utf8').catch(() => '')
  try {
    return runState(parseRunReport(text, file).run) === 'going'
  } catch {
    // Not a report, or of another version.
    return false
  }
}

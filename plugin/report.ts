import type { Reporter, Vitest } from 'vitest/node'
import { messageOf } from '../runtime/errors.ts'
import type { RunReport } from '../runtime/status/types.ts'
import type { LiveLine } from './live-line.ts'
import { POOL_NAME } from './names.ts'
import type { SummaryOptions } from './summary.ts'
import { liveWindows, logStreams, terminalColumns } from './vitest.ts'

/** Told by Vitest through its reporters. */
export interface RunListener {
  /** @param files how many test files of ours the run will have */
  begins(files: number): void
  /** What is known of the run that goes on. */
  current(): RunReport
  /** Resolves when the pods of the finished run have been removed, with what is known of them. */
  ends(): Promise<RunReport>
}

/**
 * What the user is told of pods: a line while they run, and a summary at the end, on stderr so that a machine-readable report on stdout
 * stays one. What few runs need of that is loaded when they do.
 */
export class Report {
  detail: SummaryOptions['detail'] = 'auto'
  readonly #vitest: Vitest
  readonly #listener: RunListener
  /** Loaded while others are waited for, and before a suite may have used up what it takes. */
  readonly #summary = import('./summary.ts')
  #liveLine: LiveLine | undefined

  constructor(vitest: Vitest, listener: RunListener) {
    this.#vitest = vitest
    // Whoever prints hears of it.
    this.#summary.catch(() => {})
    this.#listener = listener
  }

  /** Prints when Vitest's own summary has been. */
  get reporter(): Reporter {
    return {
      onTestRunStart: async (files) => {
        this.#listener.begins(files.filter(({ pool }) => pool === POOL_NAME).length)
        await this.#showLine()
      },
      onTestRunEnd: async () => {
        this.#liveLine?.end()
        await this.print(await this.#listener.ends())
      },
    }
  }

  async print(report: RunReport): Promise<void> {
    const { stderr } = logStreams(this.#vitest)
    try {
      const { summaryLines } = await this.#summary
      const lines = await summaryLines(report, {
        detail: this.detail,
        columns: terminalColumns(stderr),
        stream: stderr,
      })
      if (lines.length > 0) stderr.write(`${lines.join('\n')}\n\n`)
    } catch (error) {
      // No descriptor may be left to load the tables with.
      stderr.write(`mydocker: no summary of pods: ${messageOf(error)}\n`)
    }
  }

  async #showLine(): Promise<void> {
    const windows = liveWindows(this.#vitest)
    if (this.detail === 'none' || windows.length === 0) return
    const { LiveLine } = await import('./live-line.ts')
    this.#liveLine = new LiveLine(windows)
    this.#liveLine.begin(() => this.#listener.current())
  }
}

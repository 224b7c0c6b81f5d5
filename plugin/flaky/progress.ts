import { formatDuration } from '../../runtime/duration.ts'
import { formatBytes } from '../../runtime/quantity.ts'
import { fit, printable } from '../../runtime/text.ts'
import type { Bytes, Milliseconds } from '../../runtime/units.ts'
import type { SweepFile, SweepRun } from './types.ts'

/** A terminal is drawn on not more often: nobody reads faster. */
const REDRAW_MS: Milliseconds = 100
/** Where there is no terminal, a line as often as shows that it goes on. */
const LINE_MS: Milliseconds = 30_000
/** A terminal that does not know its size says 0. */
const COLUMNS_DEFAULT = 80

export interface ProgressSource {
  readonly files: readonly SweepFile[]
  /** Runs that wait or are under way. */
  readonly pending: number
}

/** Shows how a sweep gets on: on a terminal in a line that is drawn over, elsewhere in a line now and then. */
export class Progress {
  readonly #stream: NodeJS.WriteStream
  readonly #begin = Date.now()
  readonly #budget: Milliseconds | undefined
  #lastDrawn: number
  readonly #suspects = new Set<string>()

  constructor(stream: NodeJS.WriteStream, budget: Milliseconds | undefined) {
    this.#stream = stream
    this.#budget = budget
    this.#lastDrawn = stream.isTTY ? 0 : Date.now()
  }

  /** A run has ended. */
  ran(source: ProgressSource, file: SweepFile, run: SweepRun): void {
    if (hasDiffered(file)) this.#suspects.add(`${file.project} ${file.file}`)
    this.#draw(() => this.line(source, file, run))
  }

  /** A file was run to find how much memory it needs. */
  probed(file: string, memory: Bytes): void {
    this.#draw(() => `minimum memory: ${printable(file)} with ${formatBytes(memory)}`)
  }

  /** Takes the line away. */
  end(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\x1b[K')
  }

  /** @returns what is shown: how far it is, and what it has just run */
  line({ files, pending }: ProgressSource, file: SweepFile, run: SweepRun): string {
    const runs = files.reduce((count, each) => count + each.runs.length, 0)
    const spent = formatDuration(Date.now() - this.#begin)
    const time = this.#budget === undefined ? spent : `${spent} of ${formatDuration(this.#budget)}`
    const suspects = this.#suspects.size === 0 ? 'none differs' : `${this.#suspects.size} differ`
    const mark = run.outcome === 'passed' ? '✓' : run.outcome === 'failed' ? '✗' : '?'
    return `${runs} runs, ${pending} pending, ${files.length} files, ${suspects}, ${time}  ${mark} ${printable(file.file)}`
  }

  #draw(line: () => string): void {
    const interval = this.#stream.isTTY ? REDRAW_MS : LINE_MS
    if (Date.now() - this.#lastDrawn < interval) return
    this.#lastDrawn = Date.now()
    if (this.#stream.isTTY) this.#stream.write(`\r${fit(line(), this.#columns - 1)}\x1b[K`)
    else this.#stream.write(`${line()}\n`)
  }

  get #columns(): number {
    return this.#stream.columns || COLUMNS_DEFAULT
  }
}

function hasDiffered({ runs }: SweepFile): boolean {
  const outcomes = new Set(runs.filter(({ outcome }) => outcome !== 'void').map(({ outcome }) => outcome))
  return outcomes.size > 1
}

import process from 'node:process'
import type { PoolRun } from './results.ts'

/** Where nobody sees a line change, as in a log. */
const PLAIN_EVERY_MS = 15_000

/** How far it is, on stderr: one line that is written over on a terminal, else a line now and then. */
export class Status {
  readonly #begin = performance.now()
  #said = Number.NEGATIVE_INFINITY
  #open = false

  say(text: string): void {
    const now = performance.now()
    if (process.stderr.isTTY) {
      process.stderr.write(`\r\x1b[K${text.slice(0, process.stderr.columns - 1)}`)
      this.#open = true
    } else if (now - this.#said >= PLAIN_EVERY_MS) {
      process.stderr.write(`${text}\n`)
      this.#said = now
    }
  }

  /** @returns what hears the samples of one pool */
  follow({ pool, pods, edits }: { pool: string; pods: number; edits: number }): (run: PoolRun) => void {
    return ({ samples, failures }) => {
      const last = samples.at(-1)
      if (last === undefined) return
      const minutes = ((performance.now() - this.#begin) / 60_000).toFixed(1)
      const heap = ((last.figures.heap ?? 0) / 2 ** 20).toFixed(1)
      this.say(
        `${minutes} min  ${pool}: ${last.pods} of ${pods + edits} pods, ${last.edits} of ${edits} edits, ${failures.length} failures, heap ${heap} MiB`,
      )
    }
  }

  end(): void {
    if (this.#open) process.stderr.write('\n')
    this.#open = false
  }
}

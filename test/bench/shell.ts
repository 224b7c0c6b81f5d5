import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'

/** In an argument: a name that is another one each time. */
export const NAME = '%name'

/** Runs the command once for each line that it reads, and answers each with the exit status. What the command prints goes to stderr. */
const LOOP = `i=0
while read -r _; do
  i=$((i + 1))
  "\${@//${NAME}/bench-$$-$i}" </dev/null >&2
  echo $?
done`

/** A waiting bash that runs one command again and again. */
export class Shell {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #lines: Interface
  #errors = ''

  constructor(words: readonly [string, ...string[]]) {
    this.#child = spawn('bash', ['-c', LOOP, 'bash', ...words], { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#lines = createInterface(this.#child.stdout)
    this.#child.stderr.setEncoding('utf8').on('data', (chunk) => {
      this.#errors += chunk
    })
  }

  /** Runs the command to its end. @throws Error with what it printed when it fails */
  async run(): Promise<void> {
    const answered = once(this.#lines, 'line')
    this.#child.stdin.write('\n')
    const [status] = await answered
    if (status !== '0') throw new Error(`exit status ${status}: ${this.#errors}`)
  }

  async close(): Promise<void> {
    const closed = once(this.#child, 'close')
    this.#child.stdin.end()
    await closed
  }
}

import type { Readable } from 'node:stream'
import type { Container } from '../runtime/container.ts'
import { closed } from '../runtime/streams.ts'

/** Enough to see why a server does not start; more would hide the test's own failure. */
const LINES_KEPT = 20
/** A line may be a dump. */
const LINE_CHARACTERS = 400

/** The last lines that the containers of a service have printed, on stdout or stderr. */
export class ServiceLog {
  #lines: string[] = []

  /** @returns a promise of the moment in which everything that the container had printed has been taken */
  follow({ stdout, stderr }: Container): Promise<unknown> {
    return Promise.all([stdout, stderr].map((stream) => this.#take(stream)))
  }

  get isEmpty(): boolean {
    return this.#lines.length === 0
  }

  /** Each line indented. */
  toString(): string {
    return this.#lines.map((line) => `    ${line}`).join('\n')
  }

  async #take(stream: Readable | undefined): Promise<void> {
    if (stream === undefined) return
    let rest = ''
    stream.setEncoding('utf8')
    stream.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n')
      rest = (lines.pop() ?? '').slice(0, LINE_CHARACTERS)
      this.#add(lines)
    })
    stream.on('error', () => stream.destroy())
    await closed(stream)
    if (rest !== '') this.#add([rest])
  }

  #add(lines: readonly string[]): void {
    const cut = lines.map((line) => line.trimEnd().slice(0, LINE_CHARACTERS))
    this.#lines = [...this.#lines, ...cut].slice(-LINES_KEPT)
  }
}

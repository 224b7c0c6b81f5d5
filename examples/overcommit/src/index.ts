import { setTimeout } from 'node:timers/promises'

const bytesPerEntry = 1000

/** An index that is held in memory as a whole: 250 MB. */
export class Index {
  readonly #entries: Buffer

  private constructor(count: number) {
    this.#entries = Buffer.alloc(count * bytesPerEntry, 1)
  }

  static async open(count = 250_000): Promise<Index> {
    const index = new Index(count)
    // As if it were read from somewhere.
    await setTimeout(500)
    return index
  }

  get size(): number {
    return this.#entries.length / bytesPerEntry
  }

  has(entry: number): boolean {
    return this.#entries[entry * bytesPerEntry] === 1
  }
}

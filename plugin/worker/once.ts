/** Who calls is found out at most so often for one thing: a package may ask for it in a loop. */
const MOST_LOOKS = 64
/** Of each kind: a file that has so many is not hermetic, whatever the others are. */
const MOST_TOLD = 64

/** Tells each thing once, if it is worth telling. */
export class Once {
  readonly #tell: (what: string) => void
  readonly #looks = new Map<string, number>()
  readonly #told = new Set<string>()

  constructor(tell: (what: string) => void) {
    this.#tell = tell
  }

  /** @param isWorth is asked only while it has not been told */
  offer(what: string, isWorth: () => boolean): void {
    if (this.#told.has(what) || this.#told.size >= MOST_TOLD) return
    const looks = this.#looks.get(what) ?? 0
    if (looks >= MOST_LOOKS) return
    this.#looks.set(what, looks + 1)
    if (!isWorth()) return
    this.#told.add(what)
    this.#tell(what)
  }
}

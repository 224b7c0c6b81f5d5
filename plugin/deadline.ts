/** activeDeadlineSeconds: what is begun has to be over in that time. */
export class Deadline {
  readonly #seconds: number | undefined
  readonly #onExceeded: () => void
  #timer: NodeJS.Timeout | undefined
  #exceeded = false

  /** @param seconds none without */
  constructor(seconds: number | undefined, onExceeded: () => void) {
    this.#seconds = seconds
    this.#onExceeded = onExceeded
  }

  get exceeded(): boolean {
    return this.#exceeded
  }

  /** Begins anew. */
  begin(): void {
    this.end()
    if (this.#seconds === undefined) return
    this.#timer = setTimeout(() => {
      this.#exceeded = true
      this.#onExceeded()
    }, this.#seconds * 1000)
  }

  /** In time. */
  end(): void {
    clearTimeout(this.#timer)
  }
}

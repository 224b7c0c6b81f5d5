const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Takes what asks for an end as a wish to see what there is: the first time what runs may come to its end, the second time not. */
export class EndSignals implements Disposable {
  readonly #abort = new AbortController()
  readonly #onEnd: (isSecond: boolean) => void

  constructor(onEnd: (isSecond: boolean) => void) {
    this.#onEnd = onEnd
    for (const signal of ENDING) process.on(signal, this.#end)
  }

  /** Aborted the first time. */
  get aborted(): AbortSignal {
    return this.#abort.signal
  }

  [Symbol.dispose](): void {
    for (const signal of ENDING) process.off(signal, this.#end)
  }

  readonly #end = (): void => {
    const isSecond = this.#abort.signal.aborted
    this.#abort.abort()
    this.#onEnd(isSecond)
  }
}

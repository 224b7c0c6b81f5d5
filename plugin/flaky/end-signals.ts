const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Takes what asks for an end as a wish to see what there is: the first time what runs may come to its end, the second time not. Until it is
 * disposed of, others do not hear of it: Vitest would end the process.
 */
export class EndSignals implements Disposable {
  readonly #abort = new AbortController()
  readonly #onEnd: (isSecond: boolean) => void
  readonly #others = new Map(ENDING.map((signal) => [signal, process.listeners(signal)]))

  constructor(onEnd: (isSecond: boolean) => void) {
    this.#onEnd = onEnd
    for (const signal of ENDING) process.removeAllListeners(signal).on(signal, this.#end)
  }

  /** Aborted the first time. */
  get aborted(): AbortSignal {
    return this.#abort.signal
  }

  [Symbol.dispose](): void {
    for (const [signal, listeners] of this.#others) {
      process.off(signal, this.#end)
      for (const listener of listeners) process.on(signal, listener)
    }
  }

  readonly #end = (): void => {
    const isSecond = this.#abort.signal.aborted
    this.#abort.abort()
    this.#onEnd(isSecond)
  }
}

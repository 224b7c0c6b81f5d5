import type { Container } from '../container.ts'

/** Signals that ask for an end, and signals that mean whatever the command takes them for. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const
const OTHERS = ['SIGUSR1', 'SIGUSR2'] as const

/**
 * Passes the signals that we get on to the command. Whoever asks for an end a second time gets it: the container is killed.
 * To be made before the container: the command may run, and be sent a signal, before we have heard that it has started.
 */
export class SignalRelay {
  readonly #waiting: NodeJS.Signals[] = []
  #container: Container | undefined
  #asked = false

  constructor() {
    for (const signal of ENDING) process.on(signal, this.#end)
    for (const signal of OTHERS) process.on(signal, this.#pass)
  }

  /** Delivers what has come in the meantime, and from now on at once. */
  attach(container: Container): void {
    this.#container = container
    for (const signal of this.#waiting) container.signal(signal)
  }

  /** Gives the signals their usual effect again. */
  stop(): void {
    for (const signal of ENDING) process.off(signal, this.#end)
    for (const signal of OTHERS) process.off(signal, this.#pass)
  }

  readonly #end = (signal: NodeJS.Signals): void => {
    if (!this.#asked) this.#pass(signal)
    else if (this.#container) this.#container.kill()
    else {
      // Nothing runs yet: what is being made dies with us.
      this.stop()
      process.kill(process.pid, signal)
    }
    this.#asked = true
  }

  readonly #pass = (signal: NodeJS.Signals): void => {
    if (this.#container) this.#container.signal(signal)
    else this.#waiting.push(signal)
  }
}

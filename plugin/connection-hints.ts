import { addHints, hintForConnection, type Surroundings } from './hints.ts'
import type { FailedConnection } from './messages.ts'
import type { RpcRequest } from './vitest.ts'

/** Tells a pod's file, once, which option would have let a connection through. */
export class ConnectionHints {
  readonly #surroundings: Surroundings
  #hinted = false

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings
  }

  /** Adds it to the errors in a message of Vitest's worker, in place. */
  addTo(message: RpcRequest): void {
    if (addHints(message, this.#surroundings)) this.#hinted = true
  }

  /** For libraries that turn a failed connection into a failure of another kind. @returns the hint, unless an error has it */
  ofSwallowed(connections: readonly FailedConnection[]): string | undefined {
    if (this.#hinted) return undefined
    for (const connection of connections) {
      const hint = hintForConnection(connection, this.#surroundings)
      if (hint === undefined) continue
      this.#hinted = true
      return hint
    }
    return undefined
  }
}

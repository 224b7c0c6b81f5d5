import { statSync } from 'node:fs'

/** Files as they were when something was made of them. */
export class LoadedFiles {
  readonly #states = new Map<string, string>()

  constructor(files: readonly string[]) {
    this.add(files)
  }

  add(files: readonly string[]): void {
    for (const file of files) this.#states.set(file, state(file))
  }

  areUnchanged(): boolean {
    return [...this.#states].every(([file, before]) => state(file) === before)
  }
}

function state(file: string): string {
  const status = statSync(file, { throwIfNoEntry: false })
  return status === undefined ? '' : `${status.mtimeMs} ${status.size} ${status.ino}`
}

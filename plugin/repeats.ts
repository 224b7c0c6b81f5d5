import { realpathSync } from 'node:fs'
import { relative } from 'node:path'
import { changedFiles } from './changed-files.ts'
import type { FlakyOptions } from './pod-options.ts'
import type { TaskError } from './verdict.ts'

/** Tells how often a file is to be run (option `flaky`). */
export class Repeats {
  /** Changed files, by the directory and the revision that were asked for. */
  readonly #changed = new Map<string, Promise<ReadonlySet<string>>>()

  /** To be called when a run begins: files have changed. */
  forget(): void {
    this.#changed.clear()
  }

  /**
   * @param root of its project
   * @returns 1 for a file that is run as ever
   * @throws MydockerError stage `options`: git cannot tell whether it has changed
   */
  async runsOf(file: string, root: string, flaky: FlakyOptions | undefined): Promise<number> {
    if (flaky === undefined) return 1
    if (flaky.onlyChanged !== true) return flaky.runs
    const changed = await this.changed(root, flaky.changedSince)
    return changed.has(realpathSync(file)) ? flaky.runs : 1
  }

  /** @throws MydockerError stage `options` */
  changed(root: string, since: string | undefined): Promise<ReadonlySet<string>> {
    const key = JSON.stringify([root, since])
    const known = this.#changed.get(key) ?? changedFiles(root, since)
    this.#changed.set(key, known)
    return known
  }
}

/** What to say of a file that has passed and then failed. @param number of the run that failed, from 2 on */
export function flakyError(file: string, root: string, number: number, runs: number): TaskError {
  const name = relative(root, file)
  const passed = number === 2 ? '1 run' : `${number - 1} runs`
  const message = `${name} is flaky: it passed in ${passed} and failed in run ${number} of up to ${runs}, each in a fresh container (option flaky); to find out why: npx mydocker flaky ${name}`
  return { name: 'Flaky', message, stack: `Flaky: ${message}` }
}

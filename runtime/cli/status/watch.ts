import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { readRun, type StoredRun } from '../../status/stored-runs.ts'

/** Reports are written twice a second at most. */
const LOOK_MS = 250

/**
 * Follows a run until it has ended or died.
 * @param directory of runs
 * @returns the run as it is, and then each time that it is looked at
 */
export async function* follow(directory: string, first: StoredRun): AsyncGenerator<StoredRun> {
  const file = path.join(directory, `${first.report.run.id}.json`)
  let current = first
  yield current
  while (current.state === 'going') {
    await setTimeout(LOOK_MS)
    const next = await readRun(file)
    if (next === undefined) return
    current = next
    yield current
  }
}

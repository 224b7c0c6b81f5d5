import type { SweepFile, SweepRun } from './types.ts'

/** What can differ from run to run: a test, or without `test` the file itself. */
export interface Subject {
  readonly test?: number | undefined
  readonly name: string
  /** Runs that say something about it, and whether it failed. */
  readonly seen: readonly Sighting[]
}

export interface Sighting {
  readonly run: SweepRun
  readonly failed: boolean
}

export const FILE_NAME = '(file)'

/** The tests of a file, and the file itself, which fails where no test can be blamed: it was not collected, or a hook or the container failed. */
export function subjectsOf({ tests, runs }: SweepFile): Subject[] {
  const counted = runs.filter(({ outcome }) => outcome !== 'void')
  return [
    ...tests.map((name, test) => ({ test, name, seen: counted.flatMap((run) => sighting(run, test)) })),
    { name: FILE_NAME, seen: counted.map((run) => ({ run, failed: isOfFile(run) })) },
  ]
}

export function hasDiffered({ seen }: Subject): boolean {
  return seen.some(({ failed }) => failed) && seen.some(({ failed }) => !failed)
}

/** A test that was skipped or not reached says nothing; one that passed when it was tried again has failed. */
function sighting(run: SweepRun, test: number): Sighting[] {
  const letter = run.outcomes[test]
  if (letter === 'F' || letter === 'R') return [{ run, failed: true }]
  return letter === 'P' ? [{ run, failed: false }] : []
}

function isOfFile({ outcome, outcomes }: SweepRun): boolean {
  return outcome === 'failed' && !/[FR]/.test(outcomes)
}

/** Whether a run was without what sweeps vary besides limits and seeds. */
export function isPlain({ conditions: { order, clock } }: SweepRun): boolean {
  return order === undefined && clock === undefined
}

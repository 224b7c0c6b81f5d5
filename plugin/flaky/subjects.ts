import type { FailureReason } from '../../runtime/status/types.ts'
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

/** Runs under the same conditions that all came out the same: fewer do so by chance. */
export const LEAST_REPEATS = 3

/**
 * The tests of a file, and the file itself, which fails where no test can be blamed: it was not collected, or a hook or the container failed. A
 * container that is killed now in one test and now in another is too small for the file, and no fault of any of them.
 */
export function subjectsOf({ tests, runs }: SweepFile): Subject[] {
  const counted = runs.filter(({ outcome }) => outcome !== 'void')
  const killed = counted.filter(isKilled)
  const isBlameless = new Set(killed.map((run) => victims(run).join())).size > 1
  const ofFile = new Set(isBlameless ? killed : [])
  return [
    ...tests.map((name, test) => ({
      test,
      name,
      seen: counted.flatMap((run) => sighting(run, test, ofFile.has(run))),
    })),
    { name: FILE_NAME, seen: counted.map((run) => ({ run, failed: ofFile.has(run) || isOfFile(run) })) },
  ]
}

/** What ends a container from outside, whatever its tests do at that time. */
const KILLS: ReadonlySet<FailureReason> = new Set(['OOMKilled', 'DeadlineExceeded', 'Evicted'])

/** Whether its container was. */
export function isKilled({ reason }: SweepRun): boolean {
  return reason !== undefined && KILLS.has(reason)
}

/** The tests that were running when the container was killed. */
function victims(run: SweepRun): number[] {
  return run.failures.flatMap(({ test }) => (test !== undefined && isKill(run, test) ? [test] : []))
}

export function hasDiffered({ seen }: Subject): boolean {
  return seen.some(({ failed }) => failed) && seen.some(({ failed }) => !failed)
}

/** A test that was skipped or not reached says nothing; one that passed when it was tried again has failed. */
function sighting(run: SweepRun, test: number, isKilled: boolean): Sighting[] {
  const letter = run.outcomes[test]
  if (isKilled && letter === 'F' && isKill(run, test)) return []
  if (letter === 'F' || letter === 'R') return [{ run, failed: true }]
  return letter === 'P' ? [{ run, failed: false }] : []
}

/** Whether what failed it was the end of its container, and not something of its own before that. */
function isKill({ reason, failures }: SweepRun, test: number): boolean {
  return failures.some((failure) => failure.test === test && failure.name === reason)
}

function isOfFile({ outcome, outcomes }: SweepRun): boolean {
  return outcome === 'failed' && !/[FR]/.test(outcomes)
}

/** Those of one key together, in the order in which they were first seen. */
export function grouped(seen: readonly Sighting[], keyOf: (sighting: Sighting) => string): Sighting[][] {
  const groups = new Map<string, Sighting[]>()
  for (const each of seen) groups.set(keyOf(each), [...(groups.get(keyOf(each)) ?? []), each])
  return [...groups.values()]
}

/** Whether a run was without what sweeps vary besides limits and seeds. */
export function isPlain({ conditions: { order, clock } }: SweepRun): boolean {
  return order === undefined && clock === undefined
}

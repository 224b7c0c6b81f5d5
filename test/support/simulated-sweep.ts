import { nextRuns } from '../../plugin/flaky/plan.ts'
import type { FlakyFileReport, RunConditions, SweepFile, SweepRun, SweepSettings } from '../../plugin/flaky/types.ts'
import { judge } from '../../plugin/flaky/verdict.ts'
import { randomNumbers } from './invented-run.ts'

export const MIB = 2 ** 20

export const SETTINGS: SweepSettings = {
  runs: 30,
  memory: [64 * MIB, 128 * MIB, 256 * MIB, null],
  cpu: [100, 500, null],
  shuffle: true,
  varyClock: true,
  seed: 1,
}

/** What is under way when a simulated test runs. */
export interface Moment extends RunConditions {
  /** Indices of the tests that have run before, in their order. */
  readonly before: readonly number[]
  /** Of this run and test, from 0 to 1: chance that nobody controls. */
  readonly chance: number
}

/** A test that never ran: whether it fails, and perhaps by what. */
export type SimulatedTest = (moment: Moment) => boolean | string

/** A number from 0 to 1 that depends on a seed alone. */
export function drawn(seed: number | undefined): number {
  return randomNumbers((seed ?? 0) * 7919 + 13)()
}

/** Sweeps a file whose tests are functions, until nothing is open. */
export function simulate(
  tests: Readonly<Record<string, SimulatedTest>>,
  settings = SETTINGS,
  name = 'a.test.ts',
): SweepFile {
  const chance = randomNumbers(name.length * 31 + settings.seed)
  let file: SweepFile = { project: '', file: name, tests: Object.keys(tests), runs: [] }
  for (let wanted = nextRuns(file, settings); wanted.length > 0; wanted = nextRuns(file, settings))
    for (const conditions of wanted) {
      const run = runOf(Object.values(tests), conditions, chance, file.runs.length + 1)
      file = { ...file, runs: [...file.runs, run] }
    }
  return file
}

export function judged(tests: Readonly<Record<string, SimulatedTest>>, settings = SETTINGS): FlakyFileReport {
  const [report] = judge([simulate(tests, settings)], settings)
  if (report === undefined) throw new Error('there is no report')
  return report
}

function runOf(
  tests: readonly SimulatedTest[],
  conditions: RunConditions,
  chance: () => number,
  number: number,
): SweepRun {
  const sequence = shuffled(tests.length, conditions.order)
  const letters = new Array<string>(tests.length).fill('-')
  const failures: { test: number; message: string }[] = []
  for (const [place, test] of sequence.entries()) {
    const failed = tests[test]?.({ ...conditions, before: sequence.slice(0, place), chance: chance() })
    letters[test] = failed === false ? 'P' : 'F'
    if (failed !== false) failures.push({ test, message: failed === true ? 'expected 1 to be 2' : String(failed) })
  }
  return {
    number,
    conditions,
    outcome: failures.length > 0 ? 'failed' : 'passed',
    startTime: number,
    duration: 10,
    outcomes: letters.join(''),
    ...(conditions.order === undefined ? {} : { sequence }),
    failures,
  }
}

function shuffled(count: number, order: number | undefined): number[] {
  const indices = Array.from({ length: count }, (_, index) => index)
  if (order === undefined) return indices
  const random = randomNumbers(order)
  return indices
    .map((index) => ({ index, key: random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ index }) => index)
}

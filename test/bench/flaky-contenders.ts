import { readFile } from 'node:fs/promises'
import { parseFlakyReport } from '../../plugin/flaky/schema.ts'
import type { FlakyFileReport, FlakyReport, Verdict } from '../../plugin/flaky/types.ts'
import { parseJsonReport } from '../support/json-report.ts'
import type { Project } from '../support/project.ts'
import { mydocker, vitest } from '../support/vitest-run.ts'
import type { Judgement } from './flaky-score.ts'

/** What a contender has done, and what it says. */
export interface Result {
  readonly name: string
  readonly fileRuns: number
  readonly seconds: number
  readonly judgements: readonly Judgement[]
}

const REPORTED: ReadonlySet<Verdict> = new Set(['flaky', 'resource-affected', 'order-dependent'])

/** @param args of `mydocker flaky` */
export async function sweep(project: Project, args: readonly string[]): Promise<Result> {
  const run = await mydocker(project, ['flaky', ...args, '--json', 'sweep.json', '--fail-on', 'none'])
  if (run.exitCode !== 0) throw new Error(`mydocker flaky: exit status ${run.exitCode}\n${run.output}`)
  return resultOf(parseFlakyReport(await readFile(project.path('sweep.json'), 'utf8'), 'sweep.json'))
}

/** A finding on a file speaks of those of its tests that nothing else is said of. */
export function resultOf({ sweep: info, files }: FlakyReport): Result {
  return {
    name: 'mydocker flaky',
    fileRuns: info.totalRuns,
    seconds: ((info.endTime ?? info.startTime) - info.startTime) / 1000,
    judgements: files.flatMap(judgementsOf),
  }
}

function judgementsOf(file: FlakyFileReport): Judgement[] {
  const ofFile = file.findings.find(({ test }) => test === undefined)
  return file.findings.flatMap(({ test, name, verdict }) => {
    if (test === undefined) return []
    const outcomes = file.runs.map(({ outcomes: letters }) => letters[test] ?? '-')
    const own = {
      file: file.file,
      test: name,
      verdict,
      reported: REPORTED.has(verdict),
      detectedIn: detectedIn(outcomes),
    }
    const isNamedByFile = verdict === 'stable-pass' && ofFile !== undefined && REPORTED.has(ofFile.verdict)
    return [isNamedByFile ? { ...own, verdict: ofFile.verdict, reported: true } : own]
  })
}

/** @param outcomes letters as in a sweep */
export function detectedIn(outcomes: readonly string[]): number | undefined {
  const isFailure = (letter: string): boolean => letter === 'F' || letter === 'R'
  const first = outcomes.find((letter) => letter !== '-' && letter !== 'S')
  if (first === undefined) return undefined
  const index = outcomes.findIndex(
    (letter) => letter !== '-' && letter !== 'S' && isFailure(letter) !== isFailure(first),
  )
  return index < 0 ? undefined : index + 1
}

/** How plain repetition stops: at as many runs of files, or after as much time, as a sweep has taken. */
export interface Budget {
  readonly fileRuns: number
  readonly seconds: number
}

/**
 * Runs the whole project again and again under Vitest's `forks`, until both budgets are used up. A test is reported when it has both passed
 * and failed.
 * @returns what was known when each of the budgets was
 */
export async function repeat(project: Project, budget: Budget, onRound: (round: number) => void): Promise<Result[]> {
  const outcomes = new Map<string, string[]>()
  const results = new Map<string, Result>()
  const [begin, files] = [performance.now(), { count: 0 }]
  for (let round = 1; results.size < 2; round++) {
    onRound(round)
    files.count += await runOnce(project, outcomes)
    const seconds = (performance.now() - begin) / 1000
    const result = (name: string): Result => ({ name, fileRuns: files.count, seconds, judgements: judge(outcomes) })
    const [asManyRuns, asLong] = ['forks, as many runs', 'forks, as long']
    if (files.count >= budget.fileRuns && !results.has(asManyRuns)) results.set(asManyRuns, result(asManyRuns))
    if (seconds >= budget.seconds && !results.has(asLong)) results.set(asLong, result(asLong))
  }
  return [...results.values()]
}

async function runOnce(project: Project, outcomes: Map<string, string[]>): Promise<number> {
  const args = ['run', '--pool=forks', '--maxWorkers=2', '--reporter=json', '--outputFile.json=forks.json']
  await vitest(project, args).ended
  const { testResults } = parseJsonReport(await readFile(project.path('forks.json'), 'utf8')).content
  for (const { name, assertionResults } of testResults)
    for (const { fullName, status } of assertionResults) {
      const key = JSON.stringify([name.slice(project.path('.').length).replace(/^\//, ''), fullName])
      outcomes.set(key, [...(outcomes.get(key) ?? []), status === 'passed' ? 'P' : status === 'failed' ? 'F' : '-'])
    }
  return testResults.length
}

function judge(outcomes: ReadonlyMap<string, readonly string[]>): Judgement[] {
  return [...outcomes].map(([key, letters]) => {
    const [file, test] = JSON.parse(key)
    const at = detectedIn(letters)
    return {
      file,
      test,
      reported: at !== undefined,
      verdict: at === undefined ? 'not reported' : 'flaky',
      detectedIn: at,
    }
  })
}

import { stripVTControlCharacters } from 'node:util'
import { formatAge } from '../../runtime/duration.ts'
import { counted } from '../../runtime/status/html/numbers.ts'
import { keyOf } from './quarantine.ts'
import { reproduceCommand, runsToReproduce } from './reproduce.ts'
import { subjectsOf } from './subjects.ts'
import type { FlakyFileReport, FlakyReport, ResourceEffect, TestFinding, Verdict } from './types.ts'
import { formatCpuLimit, formatMemoryLimit } from './words.ts'

/** A finding, and the file that it is of. */
export interface PlacedFinding {
  readonly file: FlakyFileReport
  readonly finding: TestFinding
  readonly isQuarantined: boolean
}

/** In the order in which they are told. */
const VERDICTS: readonly Verdict[] = [
  'stable-fail',
  'flaky',
  'resource-affected',
  'order-dependent',
  'stable-pass',
  'not-run',
]

/** Findings in the order of the report. */
export function placedFindings({ sweep, files }: FlakyReport): PlacedFinding[] {
  const quarantined = new Set(sweep.quarantined)
  return files.flatMap((file) =>
    file.findings.map((finding) => ({
      file,
      finding,
      isQuarantined: quarantined.has(keyOf(file, finding)),
    })),
  )
}

/** Whether somebody has to do something about it. */
export function isNotable({ finding: { verdict } }: PlacedFinding): boolean {
  return verdict !== 'stable-pass' && verdict !== 'not-run'
}

/** `6 flaky, 2 resource-affected, 10 stable-pass`, without those of which there are none. */
export function verdictCounts(placed: readonly PlacedFinding[]): string {
  const counts = VERDICTS.map(
    (verdict) => [verdict, placed.filter(({ finding }) => finding.verdict === verdict).length] as const,
  )
  const parts = counts.filter(([, count]) => count > 0).map(([verdict, count]) => `${count} ${verdict}`)
  return parts.length === 0 ? 'no tests' : parts.join(', ')
}

/** `294 runs of 7 files in 10m, seed 4711`. */
export function sweepExtent({ sweep, files }: FlakyReport): string {
  const { totalRuns, startTime, endTime, settings } = sweep
  const time = endTime === undefined ? '' : ` in ${formatAge(endTime - startTime)}`
  return `${counted(totalRuns, 'run')} of ${counted(files.length, 'file')}${time}, seed ${settings.seed}`
}

/** Why the sweep ended before every verdict was clear, and how to go on; undefined when there is nothing left to do. */
export function openSentence({ sweep: { state, settings }, files }: FlakyReport): string | undefined {
  const { budget, runs } = settings
  const open = files.filter((file) => file.open).length
  const left = open === 0 ? 'no file was left open' : `${counted(open, 'file')} would have needed more runs`
  if (state === 'running') return `The sweep goes on, this is what is known so far: ${left}.`
  if (state === 'interrupted') return `The sweep was interrupted: ${left}. To go on: mydocker flaky --resume`
  if (state === 'out-of-time') {
    const used = budget === undefined ? 'The time' : `The budget of ${formatAge(budget)}`
    return `${used} was used up: ${left}. To go on: mydocker flaky --resume`
  }
  return open === 0 ? undefined : `With at most ${runs} runs, ${left}. For clearer verdicts: --runs ${runs * 2}`
}

/** With the name of its project, where that has one. */
export function fileName({ project, file }: FlakyFileReport): string {
  return project === '' ? file : `[${project}] ${file}`
}

export function fullName({ file, finding }: PlacedFinding): string {
  return `${fileName(file)} > ${finding.name}`
}

/** Where it fails rather than elsewhere: `≤64Mi`, `≤100m`, `order`, `clock`; none where that makes no difference. */
export function whereItFails(finding: TestFinding): string[] {
  const { verdict, cause, effects } = finding
  return [
    ...new Set(effects.map((effect) => `≤${formatLimit(effect)}`)),
    ...(verdict === 'order-dependent' || cause === 'order' ? ['order'] : []),
    ...(cause === 'time' ? ['clock'] : []),
  ]
}

/** The command that brings about its failure again; none when it never failed. */
export function reproductionOf({ file, finding }: Pick<PlacedFinding, 'file' | 'finding'>): string | undefined {
  const run = file.runs.find(({ number }) => number === finding.failingRun)
  if (run === undefined) return undefined
  const subject = subjectsOf(file).find(({ test }) => test === finding.test)
  if (subject === undefined) return undefined
  return reproduceCommand(file, run.conditions, runsToReproduce(subject, run.conditions, finding))
}

/** What a test printed or threw, without colours. */
export function withoutColours(text: string): string {
  return stripVTControlCharacters(text)
}

function formatLimit({ resource, limit }: ResourceEffect): string {
  return resource === 'memory' ? formatMemoryLimit(limit) : formatCpuLimit(limit)
}

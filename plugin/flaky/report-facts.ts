import { stripVTControlCharacters } from 'node:util'
import { formatAge } from '../../runtime/duration.ts'
import { formatBytes, formatCpu } from '../../runtime/quantity.ts'
import { reproduceCommand } from './reproduce.ts'
import type { FlakyFileReport, FlakyReport, Rate, ResourceEffect, TestFinding, Verdict } from './types.ts'

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

/** From here on a difference is taken for chance, unless the verdict says otherwise. */
const SIGNIFICANT = 0.05

/** Findings in the order of the report. */
export function placedFindings({ sweep, files }: FlakyReport): PlacedFinding[] {
  const quarantined = new Set(sweep.quarantined)
  return files.flatMap((file) =>
    file.findings.map((finding) => ({
      file,
      finding,
      isQuarantined: quarantined.has(`${file.file} > ${finding.name}`),
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

/** `25% (15–39%)`: failure rate and its confidence interval. */
export function formatRate({ runs, estimate, low, high }: Rate): string {
  return runs === 0 ? '-' : `${percent(estimate)}% (${percent(low)}–${percent(high)}%)`
}

/** Where it fails rather than elsewhere: `≤64Mi`, `≤100m`, `order`, `clock`; none where that makes no difference. */
export function whereItFails(finding: TestFinding): string[] {
  const { verdict, cause } = finding
  return [
    ...new Set(toldEffects(finding).map((effect) => `≤${formatLimit(effect)}`)),
    ...(verdict === 'order-dependent' || cause === 'order' ? ['order'] : []),
    ...(cause === 'time' ? ['clock'] : []),
  ]
}

/** What speaks for the verdict: sentences, of which names and messages of tests may be a part. */
export function evidenceOf(finding: TestFinding): string[] {
  const { evidence, polluters = [] } = finding
  const names = polluters.length === 0 ? [] : [`Depends on whether these came before: ${polluters.join('; ')}`]
  return [...evidence, ...toldEffects(finding).map(effectSentence), ...names]
}

function toldEffects({ effects, verdict }: TestFinding): readonly ResourceEffect[] {
  const significant = effects.filter(({ adjustedPValue }) => adjustedPValue < SIGNIFICANT)
  return significant.length === 0 && verdict === 'resource-affected' ? effects : significant
}

function effectSentence(effect: ResourceEffect): string {
  const { resource, scarce, ample, difference, adjustedPValue, method } = effect
  const interval = `${percent(difference.low)} to ${percent(difference.high)}`
  const limit = formatLimit(effect)
  return (
    `${resource}: fails in ${percent(scarce.estimate)}% of ${scarce.runs} runs with at most ${limit}, in ${percent(ample.estimate)}% of ` +
    `${ample.runs} with more: ${percent(difference.estimate)} points (${interval}), p = ${formatProbability(adjustedPValue)} (${method}, corrected)`
  )
}

/** The command that brings about its failure again; none when it never failed. */
export function reproductionOf({ file, finding }: PlacedFinding): string | undefined {
  const run = file.runs.find(({ number }) => number === finding.failingRun)
  return run === undefined ? undefined : reproduceCommand(file, run.conditions)
}

/** What a test printed or threw, without colours. */
export function withoutColours(text: string): string {
  return stripVTControlCharacters(text)
}

/** Of a cell or an effect; undefined is `max`. */
export function formatMemory(limit: number | undefined): string {
  return limit === undefined ? 'max' : formatBytes(limit)
}

export function formatCores(limit: number | undefined): string {
  return limit === undefined ? 'max' : formatCpu(limit)
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function formatLimit({ resource, limit }: ResourceEffect): string {
  return resource === 'memory' ? formatBytes(limit) : formatCpu(limit)
}

function formatProbability(p: number): string {
  return p > 0 && p < 0.001 ? p.toExponential(1) : p.toPrecision(2)
}

/** Of a share, with more digits where it is nearly none or nearly all. */
function percent(share: number): string {
  const percents = 100 * share
  const fromEnd = Math.min(Math.abs(percents), 100 - percents)
  const digits = fromEnd >= 10 ? 0 : fromEnd >= 1 ? 1 : 2
  return String(Number(percents.toFixed(digits)))
}

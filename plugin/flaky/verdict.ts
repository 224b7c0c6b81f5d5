import { causeOf } from './cause.ts'
import { type Dependence, dependenceOf } from './dependence.ts'
import { bestSplit, cellsOf, rateOf } from './effects.ts'
import { evidenceOf } from './evidence.ts'
import { oddities, rateUnder, withoutSeed } from './follow-ups.ts'
import { nextRuns } from './plan.ts'
import { benjaminiHochberg } from './statistics.ts'
import { FILE_NAME, hasDiffered, type Subject, subjectsOf } from './subjects.ts'
import type {
  FlakyFileReport,
  ResourceEffect,
  RunConditions,
  SweepFile,
  SweepSettings,
  TestFinding,
  Verdict,
} from './types.ts'

/** Of corrected p-values: of the effects that are told, one in twenty is expected to be none. */
const SIGNIFICANT = 0.05
/** Messages that are told. */
const MOST_MESSAGES = 3

/** A test, and what else than resources its outcome depends on. */
interface Suspect {
  readonly file: SweepFile
  readonly subject: Subject
  readonly dependence: Dependence
}

/** Says of every test what it is, by its runs. Effects of resources are corrected for the number of tests that could have shown one. */
export function judge(files: readonly SweepFile[], settings: SweepSettings): FlakyFileReport[] {
  const examined = files.map((file) => ({
    file,
    suspects: subjectsOf(file)
      .filter((subject) => subject.name !== FILE_NAME || isFindingOfFile(subject))
      .map((subject): Suspect => ({ file, subject, dependence: dependenceOf(subject, file) })),
  }))
  const effects = effectsOf(
    examined.flatMap(({ suspects }) => suspects.filter(canShowEffect)),
    settings,
  )
  return examined.map(({ file, suspects }) => ({
    ...file,
    findings: suspects.map((suspect) => finding(suspect, effects.get(suspect) ?? [])),
    open: nextRuns(file, settings).length > 0,
  }))
}

/** Where order or time decide, it is not asked whether resources do. */
function canShowEffect({ subject, dependence: { order, isTimed } }: Suspect): boolean {
  return hasDiffered(subject) && order === undefined && !isTimed
}

/**
 * Those that failed too seldom to show an effect, however their failures had been spread, are no tests of one: P. B. Gilbert, Journal of the
 * Royal Statistical Society C 54 (2005).
 */
function effectsOf(suspects: readonly Suspect[], settings: SweepSettings): Map<Suspect, ResourceEffect[]> {
  const splits = suspects.flatMap((suspect) =>
    (['memory', 'cpu'] as const).flatMap((resource) => {
      const split = bestSplit(suspect.subject, resource, settings)
      if (split === undefined) return []
      const { leastPValue, ...effect } = split
      return leastPValue > SIGNIFICANT ? [] : [{ suspect, effect }]
    }),
  )
  const adjusted = benjaminiHochberg(splits.map(({ effect }) => effect.pValue))
  const effects = new Map<Suspect, ResourceEffect[]>()
  for (const [index, { suspect, effect }] of splits.entries()) {
    const corrected = { ...effect, adjustedPValue: adjusted[index] ?? 1 }
    if (isEffect(corrected)) effects.set(suspect, [...(effects.get(suspect) ?? []), corrected])
  }
  return effects
}

function finding({ file, subject, dependence }: Suspect, effects: readonly ResourceEffect[]): TestFinding {
  const { test, name, seen } = subject
  const verdict = verdictOf(subject, dependence, effects)
  const isBad = verdict !== 'stable-pass' && verdict !== 'not-run'
  return {
    ...(test === undefined ? {} : { test }),
    name,
    verdict,
    cause: isBad ? causeOf(subject, verdict, dependence, effects) : undefined,
    evidence: isBad ? evidenceOf(subject, verdict, dependence, effects) : notRun(verdict, file),
    rate: rateOf(seen),
    cells: cellsOf(subject),
    effects: verdict === 'resource-affected' ? effects : [],
    polluters: verdict === 'order-dependent' ? dependence.order?.relations.map((relation) => relation.name) : undefined,
    failingRun: failingRun(subject),
    messages: messagesOf(subject),
  }
}

function verdictOf(subject: Subject, { order, isTimed }: Dependence, effects: readonly ResourceEffect[]): Verdict {
  const { seen } = subject
  if (seen.length === 0) return 'not-run'
  if (!hasDiffered(subject)) return seen.some(({ failed }) => failed) ? 'stable-fail' : 'stable-pass'
  if (order !== undefined) return 'order-dependent'
  if (isTimed) return 'flaky'
  return effects.length > 0 ? 'resource-affected' : 'flaky'
}

/** A file that fails as a whole, though not for a test of it. */
function isFindingOfFile({ seen }: Subject): boolean {
  return seen.some(({ failed }) => failed)
}

function isEffect({ adjustedPValue, difference: { low, high } }: ResourceEffect): boolean {
  return adjustedPValue <= SIGNIFICANT && (low > 0 || high < 0)
}

/** The run whose conditions, with its seed or whatever the seed, are most certain to make it fail, by what was seen; the least out of the ordinary of such. */
function failingRun(subject: Subject): number | undefined {
  const certainty = (conditions: RunConditions): number =>
    Math.max(rateUnder(subject, conditions).low, rateUnder(subject, withoutSeed(conditions)).low)
  const failures = subject.seen
    .filter(({ failed }) => failed)
    .map(({ run: { number, conditions } }) => {
      return { number, certainty: certainty(conditions), oddities: oddities(conditions) }
    })
  return failures.toSorted((a, b) => b.certainty - a.certainty || a.oddities - b.oddities)[0]?.number
}

function messagesOf({ seen, test }: Subject): TestFinding['messages'] {
  const counts = new Map<string, number>()
  for (const { run, failed } of seen) {
    if (!failed) continue
    const failure = run.failures.find((each) => each.test === test) ?? run.failures[0]
    const message = failure?.message ?? run.message ?? 'no message'
    counts.set(message, (counts.get(message) ?? 0) + 1)
  }
  return [...counts]
    .map(([message, count]) => ({ message, count }))
    .toSorted((a, b) => b.count - a.count)
    .slice(0, MOST_MESSAGES)
}

function notRun(verdict: Verdict, { runs }: SweepFile): string[] {
  const problem = runs.find(({ outcome, message }) => outcome === 'void' && message !== undefined)?.message
  return verdict === 'not-run' && problem !== undefined ? [problem] : []
}

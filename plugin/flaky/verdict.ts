import { causeOf } from './cause.ts'
import { dependenceOf } from './dependence.ts'
import { bestSplit, cellsOf, rateOf, type Split } from './effects.ts'
import { evidenceOf } from './evidence.ts'
import { matches, oddities, withoutSeed } from './follow-ups.ts'
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

/** Says of every test what it is, by its runs. Effects of resources are corrected for the number of tests that could have shown one. */
export function judge(files: readonly SweepFile[], settings: SweepSettings): FlakyFileReport[] {
  const suspects = files.flatMap((file) =>
    subjectsOf(file)
      .filter(hasDiffered)
      .map((subject) => ({ file, subject })),
  )
  const splits = suspects.flatMap(({ file, subject }) =>
    (['memory', 'cpu'] as const).flatMap((resource) => {
      const split = bestSplit(subject, resource, settings)
      return split === undefined ? [] : [{ key: keyOf(file, subject), split }]
    }),
  )
  const adjusted = benjaminiHochberg(splits.map(({ split }) => split.pValue))
  const effects = splits.map(({ key, split }, index) => ({ key, effect: effectOf(split, adjusted[index] ?? 1) }))
  return files.map((file) => ({
    ...file,
    findings: subjectsOf(file)
      .filter((subject) => subject.name !== FILE_NAME || isFindingOfFile(subject))
      .map((subject) => {
        const own = effects.filter(({ key }) => key === keyOf(file, subject)).map(({ effect }) => effect)
        return finding(subject, file, own.filter(isEffect))
      }),
    open: nextRuns(file, settings).length > 0,
  }))
}

function finding(subject: Subject, file: SweepFile, effects: readonly ResourceEffect[]): TestFinding {
  const { test, name, seen } = subject
  const dependence = dependenceOf(subject, file)
  const verdict = verdictOf(subject, dependence.order !== undefined, dependence.isTimed, effects)
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

function verdictOf(
  subject: Subject,
  isOrdered: boolean,
  isTimed: boolean,
  effects: readonly ResourceEffect[],
): Verdict {
  const { seen } = subject
  if (seen.length === 0) return 'not-run'
  if (!hasDiffered(subject)) return seen.some(({ failed }) => failed) ? 'stable-fail' : 'stable-pass'
  if (isOrdered) return 'order-dependent'
  if (isTimed) return 'flaky'
  return effects.length > 0 ? 'resource-affected' : 'flaky'
}

/** A file that fails as a whole, though not for a test of it. */
function isFindingOfFile({ seen }: Subject): boolean {
  return seen.some(({ failed }) => failed)
}

function effectOf({ pValue, ...split }: Split, adjustedPValue: number): ResourceEffect {
  return { ...split, pValue, adjustedPValue }
}

function isEffect({ adjustedPValue, difference: { low, high } }: ResourceEffect): boolean {
  return adjustedPValue <= SIGNIFICANT && (low > 0 || high < 0)
}

/** The run whose conditions, with its seed or whatever the seed, are most certain to make it fail, by what was seen; the least out of the ordinary of such. */
function failingRun({ seen }: Subject): number | undefined {
  const certainty = (conditions: RunConditions): number =>
    Math.max(
      ...[conditions, withoutSeed(conditions)].map(
        (wanted) => rateOf(seen.filter(({ run }) => matches(run.conditions, wanted))).low,
      ),
    )
  const failures = seen
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

function keyOf({ project, file }: SweepFile, { test }: Subject): string {
  return JSON.stringify([project, file, test])
}

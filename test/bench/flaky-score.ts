import { median } from 'simple-statistics'
import type { CorpusLabel } from '../flaky-corpus/labels.ts'

/** What a contender says of one test of the corpus. */
export interface Judgement {
  readonly file: string
  readonly test: string
  /** Whether it says that the test does not always come out the same. */
  readonly reported: boolean
  /** In its own words; empty where it has none. */
  readonly verdict: string
  /** The number of the run of its file in which the second of two outcomes was seen. */
  readonly detectedIn?: number | undefined
}

/** How good a contender's judgements are. Shares are of 1; undefined where there is nothing to count. */
export interface Score {
  /** Of the tests that it reports, those that are flaky. */
  readonly precision: number | undefined
  /** Of the tests that are flaky, those that it reports: of all, of the resource-affected ones, and by category. */
  readonly recall: number | undefined
  readonly recallOfResources: number | undefined
  /** Of the resource-affected ones, those of which it says that. */
  readonly namedResources: number | undefined
  readonly recallOf: ReadonlyMap<string, number>
  /** Median over the tests that were reported. */
  readonly runsToDetection: number | undefined
  readonly missed: readonly CorpusLabel[]
  readonly falseAlarms: readonly CorpusLabel[]
  /** How many tests of each label got each verdict. */
  readonly confusion: ReadonlyMap<string, ReadonlyMap<string, number>>
}

/** Compares judgements with the labels. A test that nothing was said of is taken for one that was not reported. */
export function score(labels: readonly CorpusLabel[], judgements: readonly Judgement[]): Score {
  const known = new Map(judgements.map((judgement) => [keyOf(judgement), judgement]))
  const rows = labels.map((label) => ({ label, judgement: known.get(keyOf(label)) }))
  const reported = rows.filter(({ judgement }) => judgement?.reported === true)
  const flaky = rows.filter(({ label }) => label.label !== 'stable')
  const resources = flaky.filter(({ label }) => label.label === 'resource-affected')
  const found = (some: typeof rows): number | undefined =>
    share(some.filter(({ judgement }) => judgement?.reported === true).length, some.length)
  const categories = [...new Set(flaky.map(({ label }) => label.category))]
  return {
    precision: share(reported.filter(({ label }) => label.label !== 'stable').length, reported.length),
    recall: found(flaky),
    recallOfResources: found(resources),
    namedResources: share(
      resources.filter(({ judgement }) => judgement?.verdict === 'resource-affected').length,
      resources.length,
    ),
    recallOf: new Map(
      categories.map((category) => [category, found(flaky.filter(({ label }) => label.category === category)) ?? 0]),
    ),
    runsToDetection: medianOf(reported.flatMap(({ judgement }) => judgement?.detectedIn ?? [])),
    missed: flaky.filter(({ judgement }) => judgement?.reported !== true).map(({ label }) => label),
    falseAlarms: reported.filter(({ label }) => label.label === 'stable').map(({ label }) => label),
    confusion: confusionOf(rows),
  }
}

function confusionOf(
  rows: readonly { label: CorpusLabel; judgement: Judgement | undefined }[],
): Map<string, Map<string, number>> {
  const counts = new Map<string, Map<string, number>>()
  for (const { label, judgement } of rows) {
    const row = counts.get(label.label) ?? new Map<string, number>()
    const verdict = judgement?.verdict ?? 'not-run'
    counts.set(label.label, row.set(verdict, (row.get(verdict) ?? 0) + 1))
  }
  return counts
}

function keyOf({ file, test }: { readonly file: string; readonly test: string }): string {
  return `${file} > ${test}`
}

function share(part: number, whole: number): number | undefined {
  return whole === 0 ? undefined : part / whole
}

function medianOf(numbers: readonly number[]): number | undefined {
  return numbers.length === 0 ? undefined : median([...numbers])
}

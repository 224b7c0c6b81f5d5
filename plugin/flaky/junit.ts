// Its references and its characters are those of XML too.

import { type Markup, html as xml } from '../../runtime/status/html/markup.ts'
import { counted } from '../../runtime/status/html/numbers.ts'
import {
  fileName,
  isNotable,
  type PlacedFinding,
  placedFindings,
  reproductionOf,
  whereItFails,
  withoutColours,
} from './report-facts.ts'
import type { FlakyFileReport, FlakyReport, TestFinding } from './types.ts'
import { formatRate } from './words.ts'

const SECOND_MS = 1000
/** More of a rate of some dozens of runs is noise. */
const SHARE_DIGITS = 4

/**
 * The report as JUnit XML, in the form that CI systems read (https://github.com/testmoapp/junitxml): a suite for each file and a case for each test,
 * which has failed when it is not stable, and is skipped when a list has it quarantined.
 */
export function flakyJunit(report: FlakyReport): string {
  const placed = placedFindings(report)
  const { startTime, endTime = startTime } = report.sweep
  const suites = report.files.map((file) =>
    suiteOf(
      file,
      placed.filter((one) => one.file === file),
    ),
  )
  return `<?xml version="1.0" encoding="UTF-8"?>\n${xml`<testsuites name="mydocker flaky" ${countsOf(placed)} time="${seconds(endTime - startTime)}">${suites}
</testsuites>
`}`
}

function suiteOf(file: FlakyFileReport, placed: readonly PlacedFinding[]): Markup {
  const { runs, minimumMemory } = file
  const time = runs.reduce((sum, { duration }) => sum + duration, 0)
  const start = runs.length === 0 ? undefined : Math.min(...runs.map(({ startTime }) => startTime))
  const timestamp = start !== undefined && xml` timestamp="${new Date(start).toISOString()}"`
  const name = withoutColours(fileName(file))
  return xml`
  <testsuite name="${name}" ${countsOf(placed)} time="${seconds(time)}"${timestamp}>
    <properties>
      ${property('runs', runs.length)}${
        minimumMemory !== undefined && [
          property('memory.minimum', minimumMemory.limit),
          property('memory.recommended', minimumMemory.recommended),
        ]
      }${property('open', file.open)}
    </properties>${placed.map((one) => caseOf(one, name))}
  </testsuite>`
}

function countsOf(placed: readonly PlacedFinding[]): Markup {
  const failed = placed.filter((one) => isNotable(one) && !one.isQuarantined).length
  const skipped = placed.filter(isSkipped).length
  return xml`tests="${placed.length}" failures="${failed}" errors="0" skipped="${skipped}"`
}

function isSkipped(placed: PlacedFinding): boolean {
  return placed.finding.verdict === 'not-run' || (placed.isQuarantined && isNotable(placed))
}

function caseOf(placed: PlacedFinding, suite: string): Markup {
  const { finding } = placed
  return xml`
    <testcase classname="${suite}" name="${withoutColours(finding.name)}">
      <properties>
        ${propertiesOf(finding)}
      </properties>${outcomeOf(placed)}
    </testcase>`
}

function propertiesOf({ verdict, cause, rate, failingRun }: TestFinding): Markup[] {
  return [
    property('verdict', verdict),
    ...(cause === undefined ? [] : [property('cause', cause)]),
    property('failure-rate', rate.estimate.toFixed(SHARE_DIGITS)),
    property('failure-rate.low', rate.low.toFixed(SHARE_DIGITS)),
    property('failure-rate.high', rate.high.toFixed(SHARE_DIGITS)),
    property('failed', rate.failed),
    property('runs', rate.runs),
    ...(failingRun === undefined ? [] : [property('failing-run', failingRun)]),
  ]
}

function property(name: string, value: string | number | boolean): Markup {
  return xml`<property name="${name}" value="${String(value)}"/>`
}

function outcomeOf(placed: PlacedFinding): Markup | false {
  const { finding, isQuarantined } = placed
  if (finding.verdict === 'not-run')
    return xml`
      <skipped message="skipped in every run, or never reached"/>`
  if (!isNotable(placed)) return false
  const message = headlineOf(finding)
  if (isQuarantined)
    return xml`
      <skipped message="quarantined: ${message}"/>
      <system-out>${bodyOf(placed)}</system-out>`
  return xml`
      <failure type="${finding.verdict}" message="${message}">${bodyOf(placed)}</failure>`
}

function headlineOf(finding: TestFinding): string {
  const { verdict, cause, rate } = finding
  const where = whereItFails(finding).map((place) => `, ${place}`)
  const why = cause === undefined ? '' : ` (${cause})`
  return `${verdict}${why}: ${rate.failed} of ${counted(rate.runs, 'run')} failed, ${formatRate(rate)}${where.join('')}`
}

function bodyOf(placed: PlacedFinding): string {
  const command = reproductionOf(placed)
  const lines = [
    ...placed.finding.evidence,
    ...placed.finding.messages.map(({ message, count }) => `${count} × ${message}`),
    ...(command === undefined ? [] : [`reproduce: ${command}`]),
  ]
  return withoutColours(lines.join('\n'))
}

function seconds(milliseconds: number): string {
  return (milliseconds / SECOND_MS).toFixed(3)
}

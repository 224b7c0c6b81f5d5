import { markdownTable } from 'markdown-table'
import { formatBytes } from '../../runtime/quantity.ts'
import { counted } from '../../runtime/status/html/numbers.ts'
import { fit, printable } from '../../runtime/text.ts'
import {
  fileName,
  fullName,
  isNotable,
  openSentence,
  type PlacedFinding,
  placedFindings,
  reproductionOf,
  sweepExtent,
  verdictCounts,
  whereItFails,
  withoutColours,
} from './report-facts.ts'
import type { Cell, FlakyReport, TestFinding } from './types.ts'
import { formatCpuLimit, formatMemoryLimit, formatRate } from './words.ts'

/**
 * Bytes of the job summary of a step, above which GitHub does not take it:
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits
 */
export const JOB_SUMMARY_MOST = 2 ** 20

/** Kept for what is said of what was left out. */
const RESERVE_BYTES = 1024
/** Of one table; longer ones nobody reads on a summary page. */
const ROWS_MOST = 200
const NAME_COLUMNS_MOST = 200
const MESSAGES_MOST = 5
/** Characters of a message: more is a page that was not as expected. */
const MESSAGE_MOST = 4000

/**
 * The report as the job summary of GitHub Actions: Markdown of GitHub's flavour with a table of what is not stable, and folded up for each what speaks for it.
 * @param most bytes that it may have; what is left out is said. The head of it is always there.
 */
export function flakyMarkdown(report: FlakyReport, most = JOB_SUMMARY_MOST): string {
  const placed = placedFindings(report)
  const notable = placed.filter(isNotable)
  const open = openSentence(report)
  const page = new Page(most - RESERVE_BYTES)
  page.add(`## Flaky tests: ${notable.length === 0 ? 'none found' : counted(notable.length, 'finding')}`)
  page.add(`${verdictCounts(placed)} (${sweepExtent(report)}).`)
  if (open !== undefined) page.add(`> ${inline(open)}`)
  const sections = [tableOf(FINDING_TITLES, notable.map(findingRow)), memoryTable(report), ...notable.map(details)]
  const left = sections.filter((section) => !page.addIfRoom(section)).length
  if (left > 0) {
    page.add(
      `_${left} of ${counted(sections.length, 'section')} had no room in a job summary of GitHub. The reports of --html and --json have all._`,
    )
  }
  return page.text
}

/** Blocks of Markdown with an empty line after each. */
class Page {
  text = ''
  #room: number

  /** @param room bytes */
  constructor(room: number) {
    this.#room = room
  }

  add(block: string): void {
    if (block === '') return
    this.text += `${block}\n\n`
    this.#room -= sizeOf(block)
  }

  /** @returns whether there was room for the whole of it */
  addIfRoom(block: string): boolean {
    if (sizeOf(block) > this.#room) return false
    this.add(block)
    return true
  }
}

function sizeOf(block: string): number {
  return Buffer.byteLength(block) + '\n\n'.length
}

const FINDING_TITLES = ['Test', 'Verdict', 'Cause', 'Failure rate', 'Where']

function findingRow(placed: PlacedFinding): string[] {
  const { finding, isQuarantined } = placed
  return [
    code(fullName(placed)),
    `${finding.verdict}${isQuarantined ? ' (quarantined)' : ''}`,
    finding.cause ?? '',
    formatRate(finding.rate),
    whereItFails(finding).join(' '),
  ]
}

function memoryTable({ files }: FlakyReport): string {
  const rows = files.flatMap((file) => {
    if (file.minimumMemory === undefined) return []
    const { limit, tooSmall, passed, runs, recommended } = file.minimumMemory
    const failing = tooSmall === undefined ? '' : formatBytes(tooSmall)
    return [[code(fileName(file)), formatBytes(limit), failing, `${passed}/${runs}`, formatBytes(recommended)]]
  })
  return tableOf(['Least memory', 'Passes at', 'Not at', 'Passed', 'Recommended'], rows)
}

function tableOf(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const more = rows.length > ROWS_MOST ? `\n\n… and ${rows.length - ROWS_MOST} more` : ''
  return `${markdownTable([titles, ...rows.slice(0, ROWS_MOST)], { alignDelimiters: false })}${more}`
}

function details(placed: PlacedFinding): string {
  const { verdict, cause, messages, rate } = placed.finding
  const command = reproductionOf(placed)
  const why = cause === undefined ? '' : `, ${cause}`
  const blocks = [
    `<details><summary>${code(fullName(placed))}: ${verdict}${why}</summary>`,
    [`${rate.failed} of ${counted(rate.runs, 'run')} failed.`, ...placed.finding.evidence]
      .map((sentence) => `- ${inline(sentence)}`)
      .join('\n'),
    ...messages
      .slice(0, MESSAGES_MOST)
      .map(({ message, count }) => `${counted(count, 'time')}:\n${fence(shortened(message))}`),
    ...(command === undefined ? [] : [`To reproduce:\n${fence(command, 'sh')}`]),
    cellTable(placed.finding),
    '</details>',
  ]
  return blocks.filter((block) => block !== '').join('\n\n')
}

/** Failure rate by memory, downwards, and CPU, to the right; none where only one combination was tried. */
function cellTable({ cells }: TestFinding): string {
  const memories = limitsOf(cells.map(({ memory }) => memory))
  const cores = limitsOf(cells.map(({ cpu }) => cpu))
  if (cells.length < 2) return ''
  const rows = memories.map((memory) => [
    formatMemoryLimit(memory),
    ...cores.map((cpu) => cellText(cells.find((cell) => cell.memory === memory && cell.cpu === cpu))),
  ])
  return tableOf(['memory \\ CPU', ...cores.map(formatCpuLimit)], rows)
}

function cellText(cell: Cell | undefined): string {
  return cell === undefined ? '' : `${cell.failed}/${cell.runs} ${formatRate(cell)}`
}

/** Each once, the smallest first, and `max` last. */
function limitsOf(limits: readonly (number | undefined)[]): (number | undefined)[] {
  return [...new Set(limits)].toSorted((a = Infinity, b = Infinity) => (a === b ? 0 : a - b))
}

/** Names, in which GitHub does not look for mentions of people and issues. */
function code(text: string): string {
  return `<code>${inline(fit(withoutColours(text), NAME_COLUMNS_MOST, 'start'))}</code>`
}

/** What Markdown and GitHub take for more than text anywhere, and what begins a list, a heading or a rule at the start of a line. */
const SPECIAL = /[\\`*_[\]<>#~|&!@:$]|^[-+=]|(?<=^\d+)[.)]/g

/** Of one line, as nothing but text: references are never taken for Markdown or HTML (CommonMark 0.31, 2.5), nor for the end of a cell. */
function inline(text: string): string {
  return printable(withoutColours(text))
    .trim()
    .replace(SPECIAL, (character) => `&#${character.codePointAt(0)};`)
}

function shortened(text: string): string {
  return text.length <= MESSAGE_MOST ? text : `${text.slice(0, MESSAGE_MOST)}…`
}

/** Within more backticks than it has in a row itself. */
function fence(text: string, language = 'text'): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length))
  const marks = '`'.repeat(Math.max(3, longest + 1))
  const lines = withoutColours(text)
    .split(/\r?\n|\r/)
    .map(printable)
  return `${marks}${language}\n${lines.join('\n')}\n${marks}`
}

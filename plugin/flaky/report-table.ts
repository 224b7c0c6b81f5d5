import { styleText } from 'node:util'
import stringWidth from 'string-width'
import { formatBytes } from '../../runtime/quantity.ts'
import { counted } from '../../runtime/status/html/numbers.ts'
import { type Cell, formatTable, type Heading } from '../../runtime/table.ts'
import { fit, printable, wrap } from '../../runtime/text.ts'
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
import type { FlakyReport, MinimumMemory, Verdict } from './types.ts'
import { formatRate } from './words.ts'

export interface FlakyTableOptions {
  /** Of the terminal. Undefined: there is none. */
  readonly columns?: number | undefined
  /** Where it will be printed, which decides about colours. */
  readonly stream: NodeJS.WritableStream
}

const COLUMNS_MOST = 100
/** Narrower, tables are no tables. */
const COLUMNS_LEAST = 80
/** From here on there is room for the cause in the table: the names of causes are long. */
const COLUMNS_WITH_CAUSE = 96
/** Findings that are told at length; the table has all. */
const TOLD = 20
/** What a message may take: one may hold the whole of a page that was not as expected. */
const MESSAGE_LINES = 4
const INDENT = '  '

type Colour = 'red' | 'yellow' | 'green' | 'dim' | 'bold'
type Painter = (colour: Colour, text: string) => string

/**
 * What the user is told at the end of a sweep: how many tests have which verdict, each that is not stable with what speaks for it and how its failure
 * is brought about again, the least memory of files, and what was left open. Within 100 columns, but for words of commands that are longer.
 * @returns text that ends in a newline
 */
export function flakyTable(report: FlakyReport, { columns = COLUMNS_MOST, stream }: FlakyTableOptions): string {
  const paint: Painter = (colour, text) => styleText(colour, text, { stream })
  const width = Math.max(COLUMNS_LEAST, Math.min(columns, COLUMNS_MOST))
  const all = placedFindings(report)
  const notable = all.filter(isNotable)
  const quarantined = notable.filter(({ isQuarantined }) => isQuarantined)
  const ours = notable.filter(({ isQuarantined }) => !isQuarantined)
  const sections = [
    [
      ...wrap(verdictCounts(all), width).map((line) => paint('bold', line)),
      ...wrap(sweepExtent(report), width).map((line) => paint('dim', line)),
    ],
    findingTable('TEST', ours, width, paint),
    findingTable('QUARANTINED', quarantined, width, paint),
    ...ours.slice(0, TOLD).map((placed) => details(placed, width, paint)),
    moreOf(ours, width),
    memoryTable(report, width),
    wrap(openSentence(report) ?? '', width).map((line) => (line === '' ? '' : paint('yellow', line))),
  ]
  const told = sections.map((lines) => lines.join('\n')).filter((text) => text !== '')
  return `${told.join('\n\n')}\n`
}

function findingTable(title: string, placed: readonly PlacedFinding[], width: number, paint: Painter): string[] {
  if (placed.length === 0) return []
  const hasCause = width >= COLUMNS_WITH_CAUSE
  const headings: Heading[] = [
    { title, cut: 'start' },
    { title: 'VERDICT' },
    ...(hasCause ? [{ title: 'CAUSE', cut: 'end' as const }] : []),
    { title: 'FAILURE RATE' },
    { title: 'WHERE', cut: 'end' },
  ]
  const rows = placed.map((one): Cell[] => {
    const { verdict, cause, rate } = one.finding
    return [
      { text: plain(fullName(one)) },
      { text: verdict, paint: (text) => paint(colourOf(verdict), text) },
      ...(hasCause ? [{ text: cause ?? '-' }] : []),
      { text: formatRate(rate) },
      { text: whereItFails(one.finding).join(' ') || '-' },
    ]
  })
  return formatTable(headings, rows, { width })
}

function colourOf(verdict: Verdict): Colour {
  if (verdict === 'stable-pass') return 'green'
  if (verdict === 'not-run') return 'dim'
  return verdict === 'stable-fail' ? 'red' : 'yellow'
}

function details(placed: PlacedFinding, width: number, paint: Painter): string[] {
  const { finding } = placed
  const { verdict, cause, rate, messages } = finding
  const [most] = messages.toSorted((a, b) => b.count - a.count)
  const command = reproductionOf(placed)
  const facts = [
    `${verdict}${cause === undefined ? '' : `, ${cause}`}: ${rate.failed} of ${counted(rate.runs, 'run')} failed`,
    ...finding.evidence,
    ...(most === undefined ? [] : [fit(`${most.count} × ${plain(most.message)}`, MESSAGE_LINES * width)]),
  ]
  return [
    ...wrap(plain(fullName(placed)), width).map((line) => paint(colourOf(verdict), line)),
    ...facts.flatMap((fact) => hanging(plain(fact), width)),
    ...(command === undefined ? [] : commandLines(`$ ${plain(command)}`, width).map((line) => paint('bold', line))),
  ]
}

function moreOf(placed: readonly PlacedFinding[], width: number): string[] {
  const more = placed.length - TOLD
  return more > 0
    ? wrap(`… and ${more} more of the table: --html, --markdown or --json tell what speaks for them`, width)
    : []
}

/** Indented, and what goes on in another line a little more. */
function hanging(text: string, width: number): string[] {
  const lines = wrap(text, width - 2 * INDENT.length)
  return lines.map((line, index) => `${index === 0 ? INDENT : INDENT + INDENT}${line}`)
}

/** A word of a shell: quoted in any of its ways, or not. */
const WORD = /(?:\$'(?:[^'\\]|\\.)*'|'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'"\\])+/g

/** A command that a shell takes as it is: it is broken before options only, behind a backslash. */
function commandLines(command: string, width: number): string[] {
  const room = width - 2 * INDENT.length - ' \\'.length
  const lines: string[] = []
  for (const option of optionsOf(command.match(WORD) ?? [])) {
    const line = lines.at(-1)
    const isRoom = line !== undefined && stringWidth(line) + 1 + stringWidth(option) <= room
    if (isRoom) lines.splice(-1, 1, `${line} ${option}`)
    else lines.push(option)
  }
  return lines.map((line, index) => {
    const margin = index === 0 ? INDENT : INDENT + INDENT
    return `${margin}${line}${index === lines.length - 1 ? '' : ' \\'}`
  })
}

/** The command, and each option with its values. */
function optionsOf(words: readonly string[]): string[] {
  const parts: string[] = []
  for (const word of words) {
    const last = word.startsWith('-') ? undefined : parts.pop()
    parts.push(last === undefined ? word : `${last} ${word}`)
  }
  return parts
}

function memoryTable({ files }: FlakyReport, width: number): string[] {
  const rows = files.flatMap((file) =>
    file.minimumMemory === undefined ? [] : [memoryRow(plain(fileName(file)), file.minimumMemory)],
  )
  if (rows.length === 0) return []
  const titles = ['LEAST MEMORY', 'PASSES AT', 'NOT AT', 'PASSED', 'FAILS IN', 'RECOMMENDED']
  const headings = titles.map((title, index) => ({ title, cut: index === 0 ? ('start' as const) : undefined }))
  return formatTable(headings, rows, { width })
}

function memoryRow(name: string, minimum: MinimumMemory): Cell[] {
  const { limit, tooSmall, passed, runs, confidence, failureRate, recommended } = minimum
  return [
    name,
    formatBytes(limit),
    tooSmall === undefined ? '-' : formatBytes(tooSmall),
    `${passed}/${runs}`,
    `<${+(100 * failureRate).toPrecision(2)}% (${+(100 * confidence).toPrecision(3)}% sure)`,
    formatBytes(recommended),
  ].map((text) => ({ text }))
}

function plain(text: string): string {
  return printable(withoutColours(text))
}

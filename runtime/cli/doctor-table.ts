import { styleText } from 'node:util'
import type { Check, Report } from '../doctor/index.ts'

const COLUMNS = 100
const COLOURS = { ok: 'green', degraded: 'yellow', missing: 'red', skipped: 'gray' } as const
const STATUS_COLUMNS = Math.max(...Object.keys(COLOURS).map((status) => status.length)) + 2
const GAP = 2

/** A line for each check, its cure below it, and the verdict. Within 100 columns. */
export function formatReport({ checks, verdict, canRun }: Report): string {
  const nameColumns = Math.max(...checks.map(({ name }) => name.length)) + GAP
  const rows = checks.flatMap((check) => formatCheck(check, nameColumns))
  const colour = !canRun ? 'red' : checks.every(({ status }) => status === 'ok') ? 'green' : 'yellow'
  return `${[...rows, '', ...wrap(verdict, COLUMNS).map((line) => styleText(colour, line))].join('\n')}\n`
}

function formatCheck({ name, status, detail, cure }: Check, nameColumns: number): string[] {
  const margin = nameColumns + STATUS_COLUMNS
  const [first = '', ...rest] = wrap(detail, COLUMNS - margin)
  const cures = cure === undefined ? [] : wrap(`→ ${cure}`, COLUMNS - margin)
  const head = `${name.padEnd(nameColumns)}${styleText(COLOURS[status], status.padEnd(STATUS_COLUMNS))}`
  return [`${head}${first}`, ...[...rest, ...cures].map((line) => `${' '.repeat(margin)}${line}`)]
}

/** Breaks at spaces, and within a word that no line could hold. */
function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/).flatMap((long) => chunks(long, columns))) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

function chunks(word: string, size: number): string[] {
  return word.match(new RegExp(`.{1,${size}}`, 'gu')) ?? []
}

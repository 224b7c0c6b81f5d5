import { styleText } from 'node:util'
import type { Check, Report } from '../doctor/index.ts'
import { wrap } from '../text.ts'

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

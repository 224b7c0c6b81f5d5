import { mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

export interface Item {
  readonly name: string
  readonly cents: number
}

export function total(items: readonly Item[]): number {
  return items.reduce((sum, { cents }) => sum + cents, 0)
}

/** The day by which an invoice of that time is to be paid, as it is printed on it. */
export function dueDay(issued: Date, days: number): string {
  return new Date(issued.getFullYear(), issued.getMonth(), issued.getDate() + days).toDateString()
}

/** Keeps an unfinished invoice where its author finds it again. */
export function keepDraft(items: readonly Item[]): string {
  const directory = join(process.env.INVOICES ?? homedir(), '.drafts')
  mkdirSync(directory, { recursive: true })
  const file = join(directory, 'invoice.json')
  writeFileSync(file, JSON.stringify(items))
  return file
}

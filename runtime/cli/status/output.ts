import { stringify } from 'yaml'
import { formatTable } from '../../table.ts'
import type { OutputOptions } from './formats.ts'
import type { Listing, Row } from './listing.ts'

/**
 * A listing as kubectl formats it, which ends in a newline unless it is empty.
 * @param single whether one object was asked for by its name: then it is not in a List
 */
export function formatListing(listing: Listing, { output, headers }: OutputOptions, single: boolean): string {
  const { kind, rows } = listing
  if (output === 'name') return lines(rows.map(({ name }) => `${kind}/${name}`))
  if (output === 'json' || output === 'yaml') {
    const [only] = rows
    return formatObject(single && only !== undefined ? only.object : listOf(rows), output)
  }
  return formatTableOf(listing, headers ?? true)
}

/** @param alike rows that the columns have room for too */
export function formatTableOf({ headings, rows }: Listing, headers: boolean, alike: readonly Row[] = []): string {
  if (rows.length === 0) return ''
  const cells = rows.map((row) => row.cells)
  const options = { width: terminalWidth(), headings: headers, alike: alike.map((row) => row.cells) }
  return lines(formatTable(headings, cells, options))
}

export function formatObject(object: unknown, output: 'json' | 'yaml'): string {
  if (output === 'json') return `${JSON.stringify(object, undefined, 4)}\n`
  // As kubectl writes it: texts that YAML 1.1 would take for dates are quoted. Through JSON, for what is undefined is not there.
  const plain: unknown = JSON.parse(JSON.stringify(object))
  return stringify(plain, {
    version: '1.1',
    sortMapEntries: true,
    indentSeq: false,
    lineWidth: 0,
    aliasDuplicateObjects: false,
  })
}

function listOf(rows: readonly Row[]): unknown {
  return { apiVersion: 'v1', items: rows.map(({ object }) => object), kind: 'List', metadata: { resourceVersion: '' } }
}

/** Undefined in a pipe, which takes all there is. */
function terminalWidth(): number | undefined {
  const { isTTY, columns } = process.stdout
  return isTTY && columns > 0 ? columns : undefined
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join('')
}

import type { StoredRun } from '../../status/stored-runs.ts'
import { say } from '../say.ts'
import { parseFieldSelector } from './field-selector.ts'
import { type Listing, type Row, sortRows } from './listing.ts'
import { type FoundRuns, findRuns } from './locate.ts'
import type { ShowOptions } from './options.ts'
import { formatListing, formatObject, formatTableOf } from './output.ts'
import { follow } from './watch.ts'

/** What a command shows of a run, each time that it is asked. */
export interface View {
  readonly kind: string
  /** Whether it is one thing that was asked for by its name. */
  readonly single?: boolean | undefined
  list(run: StoredRun, found: FoundRuns): Listing
}

/**
 * Prints a listing, and with `--watch` what changes in it until the run has ended.
 * @throws MydockerError stage `status` or `options`
 */
export async function show(view: View, options: ShowOptions): Promise<number> {
  const found = await findRuns(options)
  const isSelected =
    options.fieldSelector === undefined ? () => true : parseFieldSelector(options.fieldSelector, view.kind)
  const listed = (run: StoredRun): Listing => {
    const listing = view.list(run, found)
    const rows = listing.rows.filter(({ object }) => isSelected(object))
    return { ...listing, rows: options.sortBy === undefined ? rows : sortRows(rows, options.sortBy) }
  }
  if (options.watch === true) await watch(found, listed, options)
  else {
    const listing = listed(found.chosen)
    if (listing.rows.length === 0) sayNone(view.kind, found.chosen)
    process.stdout.write(formatListing(listing, options, view.single === true))
  }
  sayDead(found.chosen)
  return 0
}

/** As kubectl does: everything once, and then each row, or object, that has changed. */
async function watch(found: FoundRuns, listed: (run: StoredRun) => Listing, options: ShowOptions): Promise<void> {
  const seen = new Map<string, string>()
  const printed: Row[] = []
  let last = found.chosen
  for await (const run of follow(found.directory, found.chosen)) {
    const listing = listed(run)
    const rows = listing.rows.filter(({ name, object }) => seen.get(name) !== JSON.stringify(object))
    for (const { name, object } of rows) seen.set(name, JSON.stringify(object))
    process.stdout.write(formatChanges({ ...listing, rows }, options, printed))
    printed.push(...rows)
    last = run
  }
  if (found.chosen.state !== 'going') say(`mydocker: run ${last.report.run.id} goes on no more\n`)
  else sayDead(last)
}

/** @param printed rows that have been, below whose columns these belong */
function formatChanges(changed: Listing, options: ShowOptions, printed: readonly Row[]): string {
  const { output, headers = true } = options
  if (output === 'name') return formatListing(changed, options, false)
  if (output === 'json') return changed.rows.map(({ object }) => formatObject(object, output)).join('')
  if (output === 'yaml') return changed.rows.map(({ object }) => `---\n${formatObject(object, output)}`).join('')
  return formatTableOf(changed, headers && printed.length === 0, printed)
}

function sayNone(kind: string, { report }: StoredRun): void {
  say(`No ${kind}s found in run ${report.run.id}.\n`)
}

export function sayDead({ report, state }: StoredRun): void {
  if (state === 'died')
    say(`mydocker: run ${report.run.id} died without an end: there is no process ${report.run.pid} any more\n`)
}

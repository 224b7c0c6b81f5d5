import { markdownTable } from 'markdown-table'
import { machineLine } from '../support/machine.ts'
import type { Phase, PoolRun, Soaked } from './results.ts'
import { phases, type Row } from './verdict.ts'

const titles: Readonly<Record<Phase, string>> = {
  pods: 'all files again and again',
  edits: 'one edit after the other',
}

/** What a terminal shows: a table for each phase, then what has failed. */
export function report(soaked: Soaked, rows: readonly Row[]): string {
  const { host, vitest, node, files, mydocker, forks } = soaked
  const last = mydocker.samples.at(-1)
  const peer = forks?.samples.at(-1)
  return [
    machineLine(host),
    `Vitest ${vitest} on Node ${node}, watch mode, ${files} test files: ${last?.pods ?? 0} pods, of which ${last?.edits ?? 0} after an edit; forks: ${peer?.pods ?? 0} and ${peer?.edits ?? 0}.`,
    ...phases.map((phase) => rows.filter((row) => row.phase === phase)).flatMap((each) => table(each)),
    ...(rows.length === 0 ? ['Too short to tell anything.'] : [reasons(rows)]),
    ...problems(soaked),
  ].join('\n\n')
}

/** The same figures for a file, rounded as they are shown. */
export function summary({ host, vitest, node, files, mydocker, forks }: Soaked, rows: readonly Row[]): object {
  const total = ({ samples, failures, complete }: PoolRun) => ({
    pods: samples.at(-1)?.pods ?? 0,
    edits: samples.at(-1)?.edits ?? 0,
    failures: failures.length,
    complete,
  })
  return {
    host,
    vitest,
    node,
    files,
    mydocker: total(mydocker),
    ...(forks === undefined ? {} : { forks: total(forks) }),
    series: rows.map(plain),
  }
}

function plain({ series: { title, unit, bound }, phase, start, end, held, ...growth }: Row): object {
  const { perThousand, forksPerThousand } = growth
  return {
    phase,
    series: title,
    unit,
    start,
    end,
    perThousand: rounded(perThousand),
    ...(forksPerThousand === undefined ? {} : { forksPerThousand: rounded(forksPerThousand) }),
    bound: rounded(growth.bound),
    because: bound.because,
    held,
  }
}

/** Of one phase; none when there is nothing in it. */
function table(rows: readonly Row[]): string[] {
  const [first] = rows
  if (first === undefined) return []
  const header = [titles[first.phase], 'at start', 'at end', 'per 1,000 pods', 'forks', 'bound', 'held']
  const lines = rows.map(({ series: { title, unit }, start, end, perThousand, forksPerThousand, bound, held }) => [
    title,
    shown(start, unit),
    shown(end, unit),
    shown(perThousand, unit),
    forksPerThousand === undefined ? '' : shown(forksPerThousand, unit),
    `≤ ${shown(bound, unit)}`,
    held ? 'yes' : 'NO',
  ])
  return [markdownTable([header, ...lines], { align: ['l', 'r', 'r', 'r', 'r', 'r', 'l'] })]
}

/** Why the bounds are what they are. */
function reasons(rows: readonly Row[]): string {
  const all = [...new Set(rows.map(({ series }) => series.bound.because))]
  const titlesOf = (reason: string) =>
    new Set(rows.filter(({ series }) => series.bound.because === reason).map(({ series }) => series.title))
  return all.map((reason) => `- ${[...titlesOf(reason)].join(', ')}: ${reason}`).join('\n')
}

function problems({ mydocker, forks }: Soaked): string[] {
  return [mydocker, ...(forks === undefined ? [] : [forks])].flatMap(({ pool, complete, failures }) => [
    ...(complete ? [] : [`${pool} did not come to its end.`]),
    ...failures.slice(0, MOST_FAILURES).map((failure) => `FAILED: ${pool}: ${failure}`),
    ...(failures.length > MOST_FAILURES ? [`FAILED: ${pool}: ${failures.length} times in all`] : []),
  ])
}

const MOST_FAILURES = 5

function shown(value: number, unit: 'count' | 'bytes'): string {
  if (unit === 'bytes') return `${(value / 2 ** 20).toFixed(2)} Mi`
  return Number.isInteger(value) ? String(value) : value.toFixed(1)
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}

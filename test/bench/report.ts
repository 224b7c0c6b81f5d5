import { markdownTable } from 'markdown-table'
import { type Machine, machineLine } from '../support/machine.ts'
import { bars, isKept } from './bars.ts'
import { bytesPerWorker, bytesWithOne, medianCpu, medianWall, ratio, startTime } from './figures.ts'
import type { Memory, Overcommit, Profile, Results, Runs, Starts } from './results.ts'

/** Everything measured, as Markdown: readable in a terminal, and ready for an issue or a README. */
export function report(results: Results): string {
  const { host, quick, runs, starts, memory, profiles, overcommits } = results
  return [
    hostLine(host, quick),
    ...[...grouped(runs).values()].map(comparisonTable),
    ...runs.filter(({ residues }) => residues !== undefined).map(residueText),
    ...(starts.length > 0 ? [startsTable(starts)] : []),
    ...(memory.length > 0 ? [memoryTable(memory)] : []),
    ...profiles.map(profileTable),
    ...(overcommits.length > 0 ? [overcommitTable(overcommits)] : []),
    barsTable(results),
  ].join('\n\n')
}

function hostLine(host: Machine, quick: boolean): string {
  return `${machineLine(host)}${quick ? ' Small suites (--quick): not to be quoted.' : ''}`
}

/** Runs that were interleaved, by their common setting. */
function grouped(runs: readonly Runs[]): Map<string, Runs[]> {
  const groups = new Map<string, Runs[]>()
  for (const run of runs) groups.set(settingOf(run), [...(groups.get(settingOf(run)) ?? []), run])
  return groups
}

function settingOf({ suite, files, vitest, node, workers }: Runs): string {
  return `${suite}: ${files} files, Vitest ${vitest}, Node ${node}, workers ${workers}`
}

function comparisonTable(runs: readonly Runs[]): string {
  const forks = runs.find(({ pool }) => pool === 'forks')
  const reference = forks === undefined ? undefined : medianWall(forks)
  const rows = runs.map((run) => [
    run.pool,
    fixed(medianWall(run)),
    fixed(ratio(medianWall(run), run.files / 1000), 1),
    fixed(ratio(medianWall(run), reference)),
    fixed(medianCpu(run)),
    run.samples.map(({ wallSeconds }) => wallSeconds.toFixed(2)).join(' '),
  ])
  const header = ['pool', 'wall s', 'ms per file', '× forks', 'CPU s', 'each run']
  const setting = runs.slice(0, 1).map(settingOf)
  return [...setting, table(header, rows), ...failures(runs.map(({ pool, error }) => ({ name: pool, error })))].join(
    '\n\n',
  )
}

function residueText(run: Runs): string {
  const lines = (run.residues ?? []).map(({ growth, leftBehind }) => {
    const gained = Object.entries(growth).map(([name, gain]) => `${gain.toFixed(1)} ${name}`)
    const left = leftBehind.length === 0 ? 'nothing' : leftBehind.map((line) => `\n  - ${line}`).join('')
    return `- gained in the middle half of the run: ${gained.join(', ')}; left behind: ${left}`
  })
  return [`${settingOf(run)}, ${run.pool}:`, ...lines].join('\n')
}

function startsTable(starts: readonly Starts[]): string {
  const measured = starts.filter(({ milliseconds }) => milliseconds.length > 0)
  const rows = measured.map((each) => {
    const ours = measured.find(
      ({ contender, concurrency }) => contender === 'mydocker' && concurrency === each.concurrency,
    )
    const reference = ours === undefined ? undefined : startTime(ours, 0.5)
    return [
      each.contender,
      String(each.concurrency),
      fixed(startTime(each, 0.5)),
      fixed(startTime(each, 0.95)),
      fixed(ratio(reference, startTime(each, 0.5))),
      String(each.milliseconds.length),
    ]
  })
  const header = ['container of /bin/true', 'at a time', 'p50 ms', 'p95 ms', 'mydocker to it', 'started']
  return [table(header, rows), ...failures(starts.map(({ contender, error }) => ({ name: contender, error })))].join(
    '\n\n',
  )
}

function memoryTable(memory: readonly Memory[]): string {
  const rows = memory.map((each) => {
    const forks = memory.find(({ pool, vitest }) => pool === 'forks' && vitest === each.vitest)
    const added = bytesPerWorker(each)
    const reference = forks === undefined ? undefined : bytesPerWorker(forks)
    return [
      each.pool,
      each.vitest,
      fixed(ratio(bytesWithOne(each), 2 ** 20), 1),
      fixed(ratio(added, 2 ** 20), 1),
      fixed(ratio(added, reference)),
    ]
  })
  const header = ['idling tests (PSS)', 'Vitest', 'all, with one: MiB', 'one more: MiB', '× forks']
  return [table(header, rows), ...failures(memory.map(({ pool, error }) => ({ name: pool, error })))].join('\n\n')
}

function profileTable({ suite, vitest, workers, pool, pods, making, phases, counters, error }: Profile): string {
  const title = `${suite}, Vitest ${vitest}, workers ${workers}, ${pool}: where the time of a file goes (${pods} pods)`
  const rows = [
    ...making.map(({ name, median, p95 }) => [`(ahead) ${name} ms`, fixed(median), fixed(p95)]),
    ...phases.map(({ name, median, p95 }) => [`${name} ms`, fixed(median), fixed(p95)]),
    ...counters.map(({ name, median, p95 }) => [name, fixed(median, 0), fixed(p95, 0)]),
  ]
  return [title, table(['phase', 'median', 'p95'], rows), ...failures([{ name: pool, error }])].join('\n\n')
}

function overcommitTable(overcommits: readonly Overcommit[]): string {
  const rows = overcommits.map((each) => {
    const single = overcommits.find(({ workers, vitest }) => workers === 1 && vitest === each.vitest)
    return [
      `${each.files} files, Vitest ${each.vitest}, workers ${each.workers}`,
      fixed(medianWall(each)),
      fixed(ratio(medianWall(each), single === undefined ? undefined : medianWall(single))),
      fixed(each.mostBytes / 2 ** 20, 0),
      fixed(each.allocatableBytes / 2 ** 20, 0),
      String(each.oomKills),
      each.samples.map(({ wallSeconds }) => wallSeconds.toFixed(2)).join(' '),
    ]
  })
  const header = ['more than fits', 'wall s', '× one', 'most requested MiB', 'allocatable MiB', 'OOM kills', 'each run']
  const named = overcommits.map(({ workers, error }) => ({ name: `workers ${workers}`, error }))
  return [table(header, rows), ...failures(named)].join('\n\n')
}

function barsTable(results: Results): string {
  const rows = bars(results).map((bar) => [
    bar.what,
    fixed(bar.measured),
    `≤ ${bar.atMost.toFixed(2)}`,
    isKept(bar) ? 'yes' : 'NO',
  ])
  return rows.length === 0 ? '' : table(['promise', 'measured', 'bar', 'kept'], rows)
}

function failures(list: readonly { readonly name: string; readonly error?: string | undefined }[]): string[] {
  const failed = list.filter(({ error }) => error !== undefined)
  return failed.map(({ name, error = '' }) => `FAILED: ${name}: ${error.trim().split('\n')[0]}`)
}

/** Words to the left, figures to the right. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const align = header.map((title, index) => (index === 0 || title === 'each run' ? 'l' : 'r'))
  return markdownTable([header, ...rows], { align })
}

function fixed(value: number | undefined, digits = 2): string {
  return value === undefined ? '–' : value.toFixed(digits)
}

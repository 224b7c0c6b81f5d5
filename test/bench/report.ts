import { markdownTable } from 'markdown-table'
import { median } from 'simple-statistics'
import type { Results, Runs } from './results.ts'

/** Everything measured, as Markdown: readable in a terminal, and ready for an issue or a README. */
export function report(results: Results): string {
  return [...groups(results.runs).values()].map(comparisonTable).join('\n\n')
}

/** Median wall time of the runs that succeeded, in seconds; undefined if none did. */
export function medianWall(runs: Runs | undefined): number | undefined {
  return medianOf(runs, ({ wallSeconds }) => wallSeconds)
}

function medianOf(runs: Runs | undefined, figure: (sample: Runs['samples'][number]) => number): number | undefined {
  if (runs === undefined || runs.samples.length === 0) return undefined
  return median(runs.samples.map(figure))
}

/** Runs that were interleaved, by their common setting. */
function groups(runs: readonly Runs[]): Map<string, Runs[]> {
  const found = new Map<string, Runs[]>()
  for (const run of runs) {
    const title = `${run.suite}: ${run.files} files, Vitest ${run.vitest}, Node ${run.node}, workers ${run.workers}`
    found.set(title, [...(found.get(title) ?? []), run])
  }
  return found
}

function comparisonTable(runs: readonly Runs[]): string {
  const [first] = runs
  if (first === undefined) return ''
  const forks = medianWall(runs.find(({ pool }) => pool === 'forks'))
  const rows = runs.map((run) => {
    const wall = medianWall(run)
    const cpu = medianOf(run, ({ cpuSeconds }) => cpuSeconds)
    return [
      run.pool,
      fixed(wall),
      fixed(wall === undefined ? undefined : (wall / run.files) * 1000, 1),
      fixed(wall === undefined || forks === undefined ? undefined : wall / forks),
      fixed(cpu),
      run.samples.map(({ wallSeconds }) => wallSeconds.toFixed(2)).join(' '),
      run.error === undefined ? '' : firstLine(run.error),
    ]
  })
  const header = ['pool', 'wall s', 'ms per file', '× forks', 'CPU s', 'each run', 'failure']
  const title = `${first.suite}: ${first.files} files, Vitest ${first.vitest}, Node ${first.node}, workers ${first.workers}`
  return `${title}\n\n${markdownTable([header, ...rows], { align: ['l', 'r', 'r', 'r', 'r', 'l', 'l'] })}`
}

function fixed(value: number | undefined, digits = 2): string {
  return value === undefined ? '–' : value.toFixed(digits)
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? ''
}

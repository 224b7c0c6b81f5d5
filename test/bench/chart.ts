import * as Plot from '@observablehq/plot'
import { emptyDocument, standalone } from '../support/svg.ts'
import { medianWall, ratio, wallOf } from './figures.ts'
import type { Results, Runs } from './results.ts'

const [OURS, THEIRS] = ['#2f81f7', '#8b949e']
const ROW_PIXELS = 20

/** Wall time of each pool relative to `forks`, on one version of Vitest, as SVG: a row for each pool of a suite. @throws Error when there is none */
export function chart(results: Results, vitest: string): string {
  const bars = results.runs.filter((run) => run.vitest === vitest).flatMap((run) => barOf(results, run))
  if (bars.length === 0) throw new Error(`no chart: nothing was compared with forks on Vitest ${vitest}`)
  const suites = [...new Set(bars.map(({ suite }) => suite))]
  const rowsOf = (suite: string) => bars.filter((bar) => bar.suite === suite).map(({ row }) => row)
  const rows = [...new Set(suites.flatMap((suite) => [suite, ...rowsOf(suite)]))]
  const position = { fx: 'workers', y: 'row', x: 'ratio' }
  const svg = Plot.plot({
    document: emptyDocument(),
    width: 860,
    height: rows.length * ROW_PIXELS + 70,
    marginTop: 24,
    marginLeft: 130,
    marginRight: 12,
    marginBottom: 40,
    style: { fontSize: '12px' },
    x: {
      label: `wall time relative to forks (seconds), Vitest ${vitest}`,
      grid: true,
      ticks: 5,
      domain: [0, widest(bars)],
    },
    y: { label: null, domain: rows },
    fx: { label: null, domain: [...new Set(bars.map(({ workers }) => workers))] },
    marks: [
      Plot.axisFx({ anchor: 'top' }),
      Plot.axisY(suites, { fontWeight: 'bold', tickSize: 0 }),
      Plot.axisY(
        rows.filter((row) => !suites.includes(row)),
        { tickSize: 0, tickFormat: poolOf },
      ),
      Plot.barX(bars, { ...position, fill: ({ row }: Bar) => (poolOf(row).startsWith('mydocker') ? OURS : THEIRS) }),
      Plot.text(bars, { ...position, text: 'label', dx: 4, textAnchor: 'start' }),
      Plot.ruleX([0]),
    ],
  })
  return standalone(svg, `Wall time relative to forks, Vitest ${vitest}`)
}

interface Bar {
  readonly suite: string
  /** Unique in the chart, see `rowOf`. */
  readonly row: string
  readonly workers: string
  readonly ratio: number
  readonly label: string
}

function barOf(results: Results, run: Runs): Bar[] {
  const { suite, workers, pool } = run
  const seconds = medianWall(run)
  const relative = ratio(seconds, wallOf(results, { ...run, pool: 'forks' }))
  if (seconds === undefined || relative === undefined) return []
  return [
    {
      suite: `${suite} (${run.files} files)`,
      row: rowOf(suite, pool),
      workers: workers === 'default' ? "Vitest's default workers" : `${workers} workers`,
      ratio: relative,
      label: `${relative.toFixed(2)} (${seconds.toFixed(1)} s)`,
    },
  ]
}

/** Room for the label behind the longest bar. */
function widest(bars: readonly Bar[]): number {
  return Math.max(...bars.map((bar) => bar.ratio)) * 1.35
}

function rowOf(suite: string, pool: string): string {
  return `${suite}/${pool}`
}

function poolOf(row: string): string {
  return row.slice(row.indexOf('/') + 1)
}

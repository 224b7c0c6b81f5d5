import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import { ratio, wallOf } from './figures.ts'
import type { Results, Runs } from './results.ts'

/** Pools from the one everybody knows to ours. */
const pools = ['forks', 'threads', 'vmThreads', 'no-isolate', 'mydocker-exec', 'mydocker-zygote', 'mydocker-warm']

/** An image in a page follows the reader's own light or dark mode; nothing but this rule can tell it. */
const STYLE = `svg { color: #1f2328 } @media (prefers-color-scheme: dark) { svg { color: #f0f6fc } }`
const [OURS, THEIRS] = ['#2f81f7', '#8b949e']

interface Bar {
  readonly suite: string
  readonly workers: string
  readonly pool: string
  readonly ratio: number
}

/** Wall time of each pool relative to `forks`, on one version of Vitest, as SVG. */
export function chart(results: Results, vitest: string): string {
  const data = results.runs.filter((run) => run.vitest === vitest).flatMap((run) => barOf(results, run))
  const { document } = parseHTML('<!doctype html>')
  const position = { fx: 'workers', fy: 'suite', y: 'pool', x: 'ratio' }
  const svg = Plot.plot({
    document,
    width: 860,
    marginLeft: 110,
    marginRight: 56,
    style: { fontSize: '12px' },
    x: { label: `wall time relative to forks, Vitest ${vitest}`, grid: true, domain: [0, longest(data)] },
    y: { label: null, domain: pools.filter((pool) => data.some((bar) => bar.pool === pool)) },
    fx: { label: null },
    fy: { label: null, domain: [...new Set(data.map(({ suite }) => suite))] },
    marks: [
      Plot.barX(data, { ...position, fill: (bar: Bar) => (bar.pool.startsWith('mydocker') ? OURS : THEIRS) }),
      Plot.text(data, { ...position, text: (bar: Bar) => bar.ratio.toFixed(2), dx: 4, textAnchor: 'start' }),
      Plot.ruleX([0]),
    ],
  })
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  svg.insertAdjacentHTML('afterbegin', `<style>${STYLE}</style>`)
  return svg.outerHTML
}

function barOf(results: Results, { suite, vitest, workers, pool }: Runs): Bar[] {
  const wall = (name: string) => wallOf(results, { suite, vitest, workers, pool: name })
  const relative = ratio(wall(pool), wall('forks'))
  if (relative === undefined) return []
  return [{ suite, pool, ratio: relative, workers: workers === 'default' ? 'default workers' : `${workers} workers` }]
}

function longest(data: readonly Bar[]): number {
  return Math.max(1, ...data.map((bar) => bar.ratio))
}

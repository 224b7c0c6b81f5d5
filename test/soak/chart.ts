import * as Plot from '@observablehq/plot'
import { emptyDocument, standalone } from '../support/svg.ts'
import type { PoolRun, Sample, Soaked } from './results.ts'
import { type Series, series } from './series.ts'

const [OURS, THEIRS] = ['#2f81f7', '#8b949e']
const COLUMNS = 3
const PANEL = { width: 286, height: 112 }
const KEY_HEIGHT = 22

/** Every series from the first re-run to the last, from zero, as SVG: a panel for each. */
export function chart({ vitest, mydocker, forks }: Soaked): string {
  const shown = series.filter(({ name }) => mydocker.samples.some(({ figures }) => figures[name] !== undefined))
  const document = emptyDocument()
  const page = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  const height = KEY_HEIGHT + Math.ceil(shown.length / COLUMNS) * PANEL.height
  page.setAttribute('viewBox', `0 0 ${COLUMNS * PANEL.width} ${height}`)
  page.setAttribute('width', String(COLUMNS * PANEL.width))
  page.setAttribute('font-family', 'system-ui, sans-serif')
  page.setAttribute('font-size', '12')
  page.setAttribute('fill', 'currentColor')
  for (const [index, each] of shown.entries()) {
    const drawn = panel(each, mydocker, forks)
    // Meant for an image in a page: with `height: auto` one in another image would be as high as that.
    drawn.querySelector('style')?.remove()
    drawn.setAttribute('x', String((index % COLUMNS) * PANEL.width))
    drawn.setAttribute('y', String(KEY_HEIGHT + Math.floor(index / COLUMNS) * PANEL.height))
    page.append(drawn)
  }
  page.insertAdjacentHTML('afterbegin', key(forks !== undefined))
  return standalone(page, `What a watch mode of Vitest ${vitest} holds, over ${podsOf(mydocker)} pods`)
}

function panel({ name, title, unit, bound }: Series, mydocker: PoolRun, forks: PoolRun | undefined) {
  const scale = unit === 'bytes' ? 2 ** 20 : 1
  const firstEdit = numberOf(mydocker.samples, 'pods')
  const points = (run: PoolRun) => pointsOf(run.samples, name, firstEdit, scale)
  const ours = points(mydocker)
  const theirs = bound.aboveForks && forks !== undefined ? points(forks) : []
  const end = mydocker.samples.length
  const most = Math.max(1, ...[...ours, ...theirs].map(({ y }) => y))
  const labels = [
    { x: firstEdit / 2, text: `${podsOf(mydocker) - (end - firstEdit)} pods` },
    ...(end > firstEdit ? [{ x: (firstEdit + end) / 2, text: `${end - firstEdit} edits` }] : []),
  ]
  return Plot.plot({
    document: emptyDocument(),
    ...PANEL,
    marginTop: 28,
    marginLeft: 42,
    marginRight: 10,
    marginBottom: 18,
    style: { fontSize: '11px' },
    x: { domain: [0, end], axis: null },
    y: { domain: [0, most * 1.1], ticks: 3, label: null, tickSize: 0, grid: true },
    marks: [
      Plot.ruleY([0]),
      Plot.ruleX([firstEdit], { strokeOpacity: 0.4, strokeDasharray: '2,2' }),
      Plot.lineY(theirs, { x: 'x', y: 'y', stroke: THEIRS, strokeWidth: 1.5 }),
      Plot.lineY(ours, { x: 'x', y: 'y', stroke: OURS, strokeWidth: 1.5 }),
      Plot.text([`${title}${unit === 'bytes' ? ', MiB' : ''}`], {
        frameAnchor: 'top-left',
        dx: -38,
        dy: -20,
        fontSize: 12,
        fontWeight: 'bold',
      }),
      Plot.text(labels, { x: 'x', text: 'text', frameAnchor: 'bottom', dy: 14 }),
    ],
  })
}

/** By the number of the re-run; edits begin where those of the longest run do. What stays the same needs two points. */
function pointsOf(
  samples: readonly Sample[],
  name: string,
  firstEdit: number,
  scale: number,
): { x: number; y: number }[] {
  const ownFirstEdit = numberOf(samples, 'pods')
  const points = samples.flatMap(({ phase, figures }, index) => {
    const figure = figures[name]
    const x = phase === 'pods' ? index : index - ownFirstEdit + firstEdit
    return figure === undefined ? [] : [{ x, y: Math.round((figure / scale) * 100) / 100 }]
  })
  return points.filter(({ y }, index) => points[index - 1]?.y !== y || points[index + 1]?.y !== y)
}

function numberOf(samples: readonly Sample[], phase: Sample['phase']): number {
  return samples.filter((sample) => sample.phase === phase).length
}

function podsOf({ samples }: PoolRun): number {
  return samples.at(-1)?.pods ?? 0
}

function key(hasForks: boolean): string {
  const names = [['mydocker', OURS], ...(hasForks ? [["forks, of Vitest's own", THEIRS]] : [])]
  const entries = names.map(
    ([name, colour], index) =>
      `<line x1="${4 + index * 110}" x2="${22 + index * 110}" y1="9" y2="9" stroke="${colour}" stroke-width="2"></line><text x="${28 + index * 110}" y="13">${name}</text>`,
  )
  return entries.join('')
}

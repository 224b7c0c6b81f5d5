import { html, type Markup } from '../../../runtime/status/html/markup.ts'
import type { Cell, SweepSettings } from '../types.ts'
import { formatCpuLimit, formatMemoryLimit } from '../words.ts'

/** How often a test passed under each combination of limits: a table whose cells are coloured, scarcest at the bottom left. */
export function heatMap(cells: readonly Cell[], { memory, cpu }: Pick<SweepSettings, 'memory' | 'cpu'>): Markup {
  const find = (limit: number | null, cpuLimit: number | null): Cell | undefined =>
    cells.find((cell) => (cell.memory ?? null) === limit && (cell.cpu ?? null) === cpuLimit)
  return html`<figure><figcaption>Passed, by memory and CPU limit</figcaption><table class="heat"><tbody>${memory
    .toReversed()
    .map(
      (limit) =>
        html`<tr><th scope="row">${formatMemoryLimit(limit)}</th>${cpu.map((cpuLimit) => heatCell(find(limit, cpuLimit)))}</tr>`,
    )}</tbody><tfoot><tr><th scope="row"><span class="muted">memory / CPU</span></th>${cpu.map((limit) => html`<th scope="col">${formatCpuLimit(limit)}</th>`)}</tr></tfoot></table></figure>`
}

function heatCell(cell: Cell | undefined): Markup {
  if (cell === undefined || cell.runs === 0) return html`<td class="untried"><span class="muted">–</span></td>`
  const { failed, runs, estimate } = cell
  return html`<td style="--failed-share:${Math.round(estimate * 100)}%"><b>${Math.round((1 - estimate) * 100)} %</b><span>${runs - failed} of ${runs}</span></td>`
}

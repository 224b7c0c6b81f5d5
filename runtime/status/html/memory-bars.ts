import { formatBytes } from '../../quantity.ts'
import type { Bytes } from '../../units.ts'
import { fileOf, largestAttempt } from '../facts.ts'
import type { PodStatus } from '../types.ts'
import { html, type Markup } from './markup.ts'
import { percent } from './numbers.ts'

/** Of the files nearest to their limits; all are in the table. */
const SHOWN = 20

const PLENTY = 0.75
const TIGHT = 0.9

export interface MemoryUse {
  readonly pod: PodStatus
  readonly peak: Bytes
  readonly limit: Bytes | undefined
  readonly killed: boolean
}

/** Of the attempt that needed most; undefined where none has been measured. */
export function memoryUse(pod: PodStatus): MemoryUse | undefined {
  const { peakMemory: peak, memoryLimit: limit, reason } = largestAttempt(pod) ?? {}
  return peak === undefined ? undefined : { pod, peak, limit, killed: reason === 'OOMKilled' }
}

/** Memory of each file against its limit, the nearest to it first. */
export function memoryBars(pods: readonly PodStatus[]): Markup {
  const uses = pods.flatMap((pod) => memoryUse(pod) ?? [])
  const nearest = uses.toSorted((a, b) => partOf(b) - partOf(a)).slice(0, SHOWN)
  if (nearest.length === 0) return html`<p class="muted">No memory was measured: there was no memory cgroup.</p>`
  return html`<ul class="memory">${nearest.map(
    (use) =>
      html`<li><a href="#${use.pod.name}">${fileOf(use.pod)}</a>${meter(use)}<span class="amount">${amount(use)}</span></li>`,
  )}</ul>${uses.length > SHOWN && html`<p class="muted">The ${SHOWN} nearest to their limits of ${uses.length}; all are in the table.</p>`}`
}

/** The bar alone: full is the limit. */
export function meter(use: MemoryUse): Markup {
  const part = partOf(use)
  const level = use.killed ? 'killed' : part > TIGHT ? 'tight' : part > PLENTY ? 'fair' : 'plenty'
  return html`<span class="meter ${level}"><i style="width:${percent(Math.min(part, 1), 1)}"></i></span>`
}

export function amount({ peak, limit, killed }: MemoryUse): Markup {
  return html`${formatBytes(peak)}${limit !== undefined && html` <span class="muted">of ${formatBytes(limit)}</span>`}${killed && html` <b class="oom">OOM</b>`}`
}

function partOf({ peak, limit }: MemoryUse): number {
  return limit === undefined ? 0 : peak / limit
}

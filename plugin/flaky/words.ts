import { formatDuration } from '../../runtime/duration.ts'
import { formatBytes, formatCpu } from '../../runtime/quantity.ts'
import type { Rate, RunConditions, SweepSettings } from './types.ts'

/** A limit as the command line has it; without one it is the project's own. */
export function formatMemoryLimit(limit: number | null | undefined): string {
  return limit === null || limit === undefined ? 'max' : formatBytes(limit)
}

export function formatCpuLimit(limit: number | null | undefined): string {
  return limit === null || limit === undefined ? 'max' : formatCpu(limit)
}

/** `25% (15–39%)`: failure rate and its confidence interval. */
export function formatRate({ runs, estimate, low, high }: Rate): string {
  return runs === 0 ? '-' : `${percent(estimate)}% (${percent(low)}–${percent(high)}%)`
}

/** Of a share, with more digits where it is nearly none or nearly all. */
export function percent(share: number): string {
  const percents = 100 * share
  const fromEnd = Math.min(Math.abs(percents), 100 - percents)
  const digits = fromEnd >= 10 ? 0 : fromEnd >= 1 ? 1 : 2
  return String(Number(percents.toFixed(digits)))
}

/** What was asked for, in short. */
export function describeSettings(settings: SweepSettings): string {
  const { runs, memory, cpu, shuffle, varyClock, seed, budget } = settings
  return [
    `${runs} runs`,
    `memory ${memory.map(formatMemoryLimit).join(', ')}`,
    `CPU ${cpu.map(formatCpuLimit).join(', ')}`,
    ...(shuffle ? ['order shuffled'] : []),
    ...(varyClock ? ['clock varied'] : []),
    `seed ${seed}`,
    ...(budget === undefined ? [] : [`budget ${formatDuration(budget)}`]),
  ].join(', ')
}

/** What a run was done under, as far as it was not as ever: `64Mi, 100m, order 5, 2028-02-29T23:59:58.000Z in Asia/Kolkata`. */
export function describeConditions({ memory, cpu, seed, order, clock }: RunConditions): string {
  return [
    `memory ${formatMemoryLimit(memory)}`,
    `CPU ${formatCpuLimit(cpu)}`,
    ...(order === undefined ? [] : [`order ${order}`]),
    ...(clock === undefined ? [] : [`clock ${clock.start} in ${clock.timeZone}`]),
    ...(seed === undefined ? [] : [`seed ${seed}`]),
  ].join(', ')
}

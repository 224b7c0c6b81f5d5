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

/** `20 % (8 to 39 %)`: estimate and confidence interval. */
export function formatRate({ estimate, low, high }: Pick<Rate, 'estimate' | 'low' | 'high'>): string {
  return `${formatShare(estimate)} % (${formatShare(low)} to ${formatShare(high)} %)`
}

function formatShare(share: number): string {
  const percent = share * 100
  return percent > 0 && percent < 1 ? percent.toFixed(1) : String(Math.round(percent))
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

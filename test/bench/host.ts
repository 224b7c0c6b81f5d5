import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'
import type { Host } from './results.ts'

/** The machine that the figures are of. */
export function host(): Host {
  return {
    date: new Date().toISOString(),
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryBytes: totalmem(),
    kernel: release(),
    load: loadavg()[0] ?? 0,
  }
}

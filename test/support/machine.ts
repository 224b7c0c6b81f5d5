import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'
import * as v from 'valibot'

/** Schema of `Machine`, for files of results. */
export const machineSchema = v.object({
  date: v.string(),
  cores: v.number(),
  cpu: v.string(),
  memoryBytes: v.number(),
  kernel: v.string(),
  /** Of one minute, when the measurement began: figures of a busy machine are worth little. */
  load: v.number(),
})
export type Machine = v.InferOutput<typeof machineSchema>

/** The machine that figures are of. */
export function machine(): Machine {
  return {
    date: new Date().toISOString(),
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryBytes: totalmem(),
    kernel: release(),
    load: loadavg()[0] ?? 0,
  }
}

/** In one line, for above a table. */
export function machineLine({ date, cores, cpu, memoryBytes, kernel, load }: Machine): string {
  const size = `${cores} × ${cpu}, ${Math.round(memoryBytes / 2 ** 30)} GiB`
  const busy = load > 0.5 ? ` The machine was busy when it began (load ${load.toFixed(1)}).` : ''
  return `${date}, ${size}, Linux ${kernel}.${busy}`
}

import { readdirSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { type ProcessId, tracesOf } from './leftovers.ts'

/** All but the kernel's own threads, which do not descend from PID 1. */
export function userProcesses(): readonly ProcessId[] {
  return tracesOf(1).processes
}

/** Whatever this process has started that still runs, directly or not. */
export function ourProcesses(): readonly ProcessId[] {
  return tracesOf(process.pid).processes.filter(({ pid }) => pid !== process.pid)
}

/** Descriptors that a process has open; 0 when it is gone. */
export function descriptorsOf({ pid }: Pick<ProcessId, 'pid'>): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length
  } catch {
    return 0
  }
}

/**
 * Memory that a process has, where what n processes share counts as 1/n for each (Pss in proc_pid_smaps(5)), in bytes;
 * 0 when it is gone. @throws Error when it is there and may not be looked at
 */
export function pssOf(process: Pick<ProcessId, 'pid'>): number {
  return memoryOf(process, 'Pss')
}

/** Memory that a process has, what it shares included (Rss), in bytes; exact, other than VmRSS. Else as `pssOf`. */
export function rssOf(process: Pick<ProcessId, 'pid'>): number {
  return memoryOf(process, 'Rss')
}

function memoryOf({ pid }: Pick<ProcessId, 'pid'>, field: 'Pss' | 'Rss'): number {
  let rollup: string
  try {
    rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  } catch (error) {
    // ESRCH: of a zombie, which has no memory.
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return 0
    throw error
  }
  return Number(new RegExp(`^${field}: +(\\d+) kB$`, 'm').exec(rollup)?.[1] ?? 0) * 1024
}

import { readKey } from '../cgroup/files.ts'
import { startTime as ticksAtStart } from '../cgroup/names.ts'
import type { RunInfo } from './types.ts'

/** `going`: its process lives and has told no end; `died`: its process is gone without one. */
export type RunState = 'going' | 'ended' | 'died'

/** Of starttime in /proc/PID/stat: USER_HZ, which is 100 on every architecture that Node runs on. */
const TICK_MS = 10
/** Both clocks are read with less than a second between them, and btime is in seconds. */
const TOLERANCE_MS = 2000

export function runState({ pid, startTime, endTime }: RunInfo): RunState {
  if (endTime !== undefined) return 'ended'
  return isProcessSince(pid, startTime) ? 'going' : 'died'
}

/** Whether there is a process of this pid. */
export function isProcess(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it is somebody else's.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}

/** Not a younger process that was given the pid of one that has died. */
function isProcessSince(pid: number, time: number): boolean {
  if (!isProcess(pid)) return false
  const began = startOf(pid)
  return began === undefined || began <= time + TOLERANCE_MS
}

/** Milliseconds since the epoch; undefined where /proc hides it (hidepid). */
function startOf(pid: number): number | undefined {
  try {
    const began = readKey('/proc/stat', 'btime') * 1000 + Number(ticksAtStart(pid)) * TICK_MS
    return Number.isFinite(began) ? began : undefined
  } catch {
    return undefined
  }
}

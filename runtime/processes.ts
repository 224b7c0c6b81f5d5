import { readFileSync } from 'node:fs'
import type { ProcessInfo } from './spec.ts'

/** Unit of the sizes in /proc/PID/status and of ru_maxrss. */
export const KIB = 1024

/** Looks a process up in /proc; undefined when it has ended. `pid` is the host's, the answer's is the container's own. */
export function inspectProcess(pid: number): ProcessInfo | undefined {
  try {
    // First, so that what it says is from a time at which the process had its memory, see below.
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const field = (name: string): string | undefined => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1]
    const inside = field('NSpid')?.split(/\s+/).at(-1)
    const rss = field('VmRSS')
    // One that has given its memory back is ending, and has nothing left to tell: its arguments were there.
    if (rss === undefined) return undefined
    return {
      pid: Number(inside ?? pid),
      command: command || (field('Name') ?? '?'),
      rss: Number.parseInt(rss, 10) * KIB,
    }
  } catch {
    return undefined
  }
}

/** PF_EXITING of `flags` in /proc/PID/stat (proc_pid_stat(5)): set before its sockets and files are closed. */
const EXITING = 0x4

/**
 * Whether a process has begun to end, or has ended. Nobody can have learnt of its end before: not by a connection that
 * is closed either.
 * @param pid the host's
 */
export function isEnding(pid: number): boolean {
  try {
    // Its name comes before, in parentheses, and may hold anything.
    const [state = '', , , , , , flags] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return 'ZX'.includes(state) || (Number(flags) & EXITING) !== 0
  } catch {
    return true
  }
}

/** The pid that a process has in the innermost of its pid namespaces; undefined when it has ended. */
export function pidInside(pid: number): number | undefined {
  try {
    return Number(/^NSpid:.*?(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    return undefined
  }
}

/** Largest first. */
export function bySize(processes: readonly ProcessInfo[]): ProcessInfo[] {
  return [...processes].sort((a, b) => (b.rss ?? 0) - (a.rss ?? 0))
}

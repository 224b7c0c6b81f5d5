import { randomBytes } from 'node:crypto'
import { readlinkSync } from 'node:fs'
import { attempt, errnoOf, read } from './files.ts'

/** What the names of all run directories begin with. */
export const RUN_PREFIX = 'mydocker-'

/**
 * A new name for a run of this process, `mydocker-PID.STARTTIME.PIDNAMESPACE-RANDOM`, from which a later run can tell
 * whether this process still exists. The random part keeps two runs of one process apart.
 */
export function runName(): string {
  return `${RUN_PREFIX}${process.pid}.${startTime('self')}.${pidNamespace()}-${randomBytes(3).toString('hex')}`
}

/**
 * Whether `name` is that of a run whose process is certainly gone. False where that cannot be told: other names, and
 * runs of other PID namespaces, whose pids mean something else here.
 */
export function isOfDeadRun(name: string): boolean {
  const fields = /^mydocker-(\d+)\.(\d+)\.(\d+)-[0-9a-f]+$/.exec(name)
  if (!fields) return false
  const [, pid, started, namespace] = fields
  if (namespace !== pidNamespace() || !procShowsOurPids()) return false
  // Not through /proc, which may hide the processes of others (hidepid, proc(5)).
  if (errnoOf(() => process.kill(Number(pid), 0)) === 'ESRCH') return true
  const now = attempt(() => startTime(Number(pid)))
  return now !== undefined && now !== started
}

/** When a process started, in clock ticks since boot: with the pid it names the process for good. */
export function startTime(pid: number | 'self'): string {
  return statField(pid, 22)
}

/** The parent's pid, 0 where it is outside this PID namespace. */
export function parentPid(pid: number): number {
  return Number(statField(pid, 4))
}

/** A field of /proc/PID/stat by its number in proc_pid_stat(5), 3 or more. Throws Node's error when there is no such process. */
function statField(pid: number | 'self', number: number): string {
  // The second field, the command in parentheses, may hold spaces and parentheses itself.
  const text = read(`/proc/${pid}/stat`)
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return fields[number - 3] ?? ''
}

/** Inode number of this process's PID namespace, see namespaces(7). */
function pidNamespace(): string {
  return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')
}

/** False where /proc is that of another PID namespace (it was not mounted afresh). */
function procShowsOurPids(): boolean {
  return Number(readlinkSync('/proc/self')) === process.pid
}

import { mkdirSync, readdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { attempt, errnoOf, must, read, words } from './files.ts'

/**
 * Makes cgroups and prepares them by `use`. When any of it fails, those made are removed again.
 * @throws MydockerError stage `cgroup`, or what `use` throws
 */
export function makeCgroups<T>(directories: readonly string[], use: () => T): T {
  const made: string[] = []
  try {
    for (const directory of directories) {
      must('cannot make a cgroup', directory, () => mkdirSync(directory), cure)
      made.unshift(directory)
    }
    return use()
  } catch (error) {
    for (const directory of made) errnoOf(() => rmdirSync(directory))
    throw error
  }
}

/** Absolute paths of the cgroups directly below `directory`; none if it is gone or may not be listed. */
export function childCgroups(directory: string): string[] {
  const entries = attempt(() => readdirSync(directory, { withFileTypes: true })) ?? []
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(directory, entry.name))
}

/** Pids, as this process sees them, of what is in `directory` itself; none if it is gone. */
export function membersOf(directory: string): number[] {
  const pids = words(attempt(() => read(join(directory, 'cgroup.procs'))) ?? '').map(Number)
  // 0 stands for a process outside this PID namespace; to kill(2) it would mean our own process group.
  return [...new Set(pids.filter((pid) => pid > 0))]
}

/** The same with all cgroups below it. */
export function pidsIn(directory: string): number[] {
  return [...new Set([...membersOf(directory), ...childCgroups(directory).flatMap(pidsIn)])]
}

/** `1234 (node)`, for messages. */
export function describeProcess(pid: number): string {
  return `${pid} (${attempt(() => read(`/proc/${pid}/comm`)) ?? 'gone'})`
}

function cure(errno: string): string | undefined {
  if (errno === 'EEXIST') return 'The name is in use: every container needs a name of its own.'
  // cgroup.max.descendants of an enclosing cgroup, see cgroup-v2.rst.
  return errno === 'EAGAIN'
    ? 'An enclosing cgroup bounds the number of cgroups: raise its cgroup.max.descendants.'
    : undefined
}

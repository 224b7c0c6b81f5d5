import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { type ProcessId, untilEmpty } from '../support/leftovers.ts'
import { userProcesses } from '../support/processes.ts'

/** How what one run has made is told from what others do on the machine meanwhile. */
export interface Mark {
  /** `NAME=value`, in the run's environment and nobody else's. */
  readonly variable: string
  /** Where the programs of this package lie that the run uses; they clear their environment. */
  readonly directory: string
}

/**
 * What of a run is there now, one line each: processes, their namespaces, cgroups. And all mounts of the host, which have no owner: compare
 * them with those before the run.
 */
export function census(mark: Mark): Set<string> {
  const processes = userProcesses().filter((each) => isMarked(each, mark))
  return new Set([
    ...processes.map(({ pid, command }) => `process ${pid} ${command}`),
    ...processes.flatMap(namespacesOf),
    ...cgroups('/sys/fs/cgroup').filter((path) => isOwnerless(path, processes)),
    ...readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n'),
  ])
}

/** What has come since `before` and stays. The kernel takes namespaces down in its own time, hence the patience. */
export async function appearedSince(before: ReadonlySet<string>, mark: Mark): Promise<string[]> {
  return await untilEmpty(() => [...census(mark)].filter((line) => !before.has(line)))
}

function isMarked({ pid }: ProcessId, { variable, directory }: Mark): boolean {
  const program = orEmpty(() => readlinkSync(`/proc/${pid}/exe`))
  const environment = orEmpty(() => readFileSync(`/proc/${pid}/environ`, 'utf8')).split('\0')
  return environment.includes(variable) || program.includes(directory)
}

function namespacesOf({ pid }: ProcessId): string[] {
  const directory = `/proc/${pid}/ns`
  return names(directory).map((name) => `namespace ${orEmpty(() => readlinkSync(`${directory}/${name}`))}`)
}

/** Directories of runs of ours, which have the pid of Vitest's main process in their name. */
function cgroups(directory: string): string[] {
  return names(directory, 'directories').flatMap((name) => {
    const path = `${directory}/${name}`
    return [...(/^mydocker-\d+\./.test(name) ? [`cgroup ${path}`] : []), ...cgroups(path)]
  })
}

/** Another run, which still goes on, keeps its own. */
function isOwnerless(path: string, ours: readonly ProcessId[]): boolean {
  const owner = Number(/mydocker-(\d+)\.[^/]*$/.exec(path)?.[1])
  return ours.some(({ pid }) => pid === owner) || !userProcesses().some(({ pid }) => pid === owner)
}

function names(directory: string, kind: 'all' | 'directories' = 'all'): string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true })
    return entries.filter((entry) => kind === 'all' || entry.isDirectory()).map(({ name }) => name)
  } catch {
    return [] // gone meanwhile
  }
}

/** Nothing of a process that has gone meanwhile. */
function orEmpty(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}

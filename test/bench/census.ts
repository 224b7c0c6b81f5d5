import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { untilEmpty } from '../support/leftovers.ts'
import { userProcesses } from './processes.ts'

/** Cgroup directories of any run of ours begin so. */
const OURS = 'mydocker-'

/** What there is on this host now, one line each: processes, namespaces, mounts, and cgroups of ours. */
export function census(): Set<string> {
  return new Set([...processes(), ...namespaces(), ...mounts(), ...cgroups('/sys/fs/cgroup')])
}

/**
 * What has come since `before` and stays. On a machine that does nothing else that is what a run has left behind.
 * The kernel takes namespaces down in its own time, hence the patience.
 */
export async function appearedSince(before: ReadonlySet<string>): Promise<string[]> {
  return await untilEmpty(() => [...census()].filter((line) => !before.has(line)))
}

function processes(): string[] {
  return userProcesses().map(({ pid, startTime, command }) => `process ${pid} ${command} (started ${startTime})`)
}

function namespaces(): string[] {
  return userProcesses().flatMap(({ pid }) => {
    const directory = `/proc/${pid}/ns`
    return readable(() => readdirSync(directory).map((name) => `namespace ${readlinkSync(`${directory}/${name}`)}`))
  })
}

function mounts(): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n')
  return lines.map((line) => `mount ${line}`)
}

function cgroups(directory: string): string[] {
  return readable(() => readdirSync(directory, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => {
      const path = `${directory}/${name}`
      return [...(name.startsWith(OURS) ? [`cgroup ${path}`] : []), ...cgroups(path)]
    })
}

/** Nothing of what went away while we looked. */
function readable<T>(list: () => T[]): T[] {
  try {
    return list()
  } catch {
    return []
  }
}

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'

/** A process, told from a later one with the same pid by its start time (proc_pid_stat(5), clock ticks since boot). */
export interface ProcessId {
  readonly pid: number
  readonly startTime: string
  readonly command: string
}

/** What a run has made on this host, seen while it runs. */
export interface Traces {
  readonly processes: readonly ProcessId[]
  /** Directories of cgroups that its processes are in and ours is not. */
  readonly cgroups: readonly string[]
}

/** The process and everything below it, in whatever session, namespace or cgroup. */
export function tracesOf(pid: number): Traces {
  const processes = descendants(pid)
  const ours = new Set(cgroupDirectories('self'))
  const theirs = processes.flatMap((process) => cgroupDirectories(String(process.pid)))
  return { processes, cgroups: [...new Set(theirs)].filter((directory) => !ours.has(directory)) }
}

/** What of it is there now, one line each. */
export function remaining({ processes, cgroups }: Traces): string[] {
  return [
    ...processes.filter(isAlive).map(({ pid, command }) => `process ${pid} ${command}`),
    ...cgroups.filter((directory) => existsSync(directory)).map((directory) => `cgroup ${directory}`),
  ]
}

/** How many cgroups lie where those of a run do, dead ones of the same run included: they have directories of their own. */
export function cgroupCount({ cgroups }: Traces): number {
  const directories = [...new Set(cgroups.map((cgroup) => dirname(cgroup)))]
  return directories.reduce((sum, directory) => sum + subdirectories(directory).length, 0)
}

/** Whether it has ended and nobody has asked how. */
export function isZombie({ pid }: ProcessId): boolean {
  return processStat(pid)?.state === 'Z'
}

/** Directories of the cgroups that the process with this pid has made, one line each: they have it in their names. */
export function cgroupsOfRun(pid: number, below = '/sys/fs/cgroup'): string[] {
  return subdirectories(below).flatMap((name) => {
    const directory = `${below}/${name}`
    return name.startsWith(`mydocker-${pid}.`) ? [`cgroup ${directory}`] : cgroupsOfRun(pid, directory)
  })
}

/** Of what is there; cgroups come and go. */
function subdirectories(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  } catch {
    return []
  }
}

/** Waits until the list is empty. @returns what is left of it at the deadline */
export async function untilEmpty(list: () => string[], milliseconds = 10_000): Promise<string[]> {
  const deadline = Date.now() + milliseconds
  for (;;) {
    const left = list()
    if (left.length === 0 || Date.now() > deadline) return left
    await setTimeout(20)
  }
}

/** Waits for a condition of the host's. @throws Error at the deadline */
export async function until(what: string, condition: () => boolean, milliseconds = 60_000): Promise<void> {
  const left = await untilEmpty(() => (condition() ? [] : [what]), milliseconds)
  if (left.length > 0) throw new Error(`waited ${milliseconds} ms in vain: ${what}`)
}

/** Mount points of this process's namespace. */
export function mounts(): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .sort()
}

function descendants(root: number): ProcessId[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => processStat(Number(name)))
    .filter((process) => process !== undefined)
  const found = all.filter(({ pid }) => pid === root)
  // Grows while it is walked: children of children are looked up in turn.
  for (const { pid } of found) found.push(...all.filter(({ parent }) => parent === pid))
  return found.map(({ pid, startTime, command }) => ({ pid, startTime, command }))
}

function isAlive({ pid, startTime }: ProcessId): boolean {
  const now = processStat(pid)
  return now !== undefined && now.startTime === startTime && now.state !== 'Z' && now.state !== 'X'
}

function processStat(pid: number): (ProcessId & { parent: number; state: string }) | undefined {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
  // The command, in parentheses, may hold anything; the fields behind it are numbered from 3.
  const [, command = ''] = /\((.*)\)/s.exec(text) ?? []
  const [state = '', parent, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { pid, command, state, parent: Number(parent), startTime: rest[17] ?? '' }
}

/** Absolute directories of a process's cgroups, one in each hierarchy that is mounted. */
function cgroupDirectories(pid: string): string[] {
  let memberships: string
  try {
    memberships = readFileSync(`/proc/${pid}/cgroup`, 'utf8')
  } catch {
    return []
  }
  return memberships
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [, controllers = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
      const mount = hierarchyMount(controllers)
      // A process that is about to end is in the root of each hierarchy, which nobody has made.
      return mount === undefined || path === '/' ? [] : [`${mount}${path}`]
    })
}

function hierarchyMount(controllers: string): string | undefined {
  const line = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .find((candidate) => {
      const [, type, , options = ''] = / - (\S+) (\S+) (\S+)$/.exec(candidate) ?? []
      if (controllers === '') return type === 'cgroup2'
      return type === 'cgroup' && options.split(',').includes(controllers.split(',')[0] ?? '')
    })
  return line?.split(' ')[4]
}

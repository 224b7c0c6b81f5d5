import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { cgroupCount, isZombie, mounts, type Traces, tracesOf, untilEmpty } from '../support/leftovers.ts'
import { descriptorsOf, rssOf } from '../support/processes.ts'
import { type Role, type Roles, roles, rolesOf } from './roles.ts'
import type { Watching } from './watching.ts'

/** Everything that a leak would show in, by the name of its series. What a host does not tell is absent. */
export type Figures = Readonly<Record<string, number>>

/** Takes a sample when what the last re-run has started has come to its end. */
export async function takeSample(watching: Watching): Promise<{ figures: Figures; roles: Roles }> {
  await settled(watching)
  const found = rolesOf(watching.main)
  const memory = roles.flatMap((role) => figureOf(found, role, 'memory', rssOf))
  const figures = { ...counts(watching), ...Object.fromEntries(memory), ...kernel(), heap: await watching.heap() }
  return { figures, roles: found }
}

/** Waits until nothing changes: the container for the next edit is made while the last re-run already counts as over. */
async function settled(watching: Watching): Promise<void> {
  let before: Figures | undefined
  await untilEmpty(() => {
    const now = counts(watching)
    const isSettled = before !== undefined && isDeepStrictEqual(now, before)
    before = now
    return isSettled ? [] : ['changes']
  })
}

/** What is counted, not measured. */
function counts({ main, temporary }: Watching): Figures {
  const traces = tracesOf(main)
  const found = rolesOf(main)
  return {
    ...Object.fromEntries(roles.flatMap((role) => figureOf(found, role, 'descriptors', descriptorsOf))),
    processes: traces.processes.length,
    zombies: traces.processes.filter(isZombie).length,
    cgroups: cgroupCount(traces),
    networks: networksOf(traces),
    mounts: mounts().length,
    temporary: entries(temporary),
    shm: entries('/dev/shm'),
  }
}

function figureOf(
  found: Roles,
  role: Role,
  what: 'descriptors' | 'memory',
  measure: (process: { readonly pid: number }) => number,
): [string, number][] {
  const pid = found[role]
  return pid === undefined ? [] : [[`${role}.${what}`, measure({ pid })]]
}

/** Network namespaces that its processes are in. */
function networksOf({ processes }: Traces): number {
  const names = processes.map(({ pid }) => {
    try {
      return readlinkSync(`/proc/${pid}/ns/net`)
    } catch {
      return '' // gone meanwhile, or a zombie
    }
  })
  return new Set(names.filter((name) => name !== '')).size
}

function entries(directory: string): number {
  return readdirSync(directory, { recursive: true }).length
}

/** What the kernel still holds, with or without a process in it, of everybody on this machine. Only root may see most of it. */
function kernel(): Figures {
  const slabs = readable('/proc/slabinfo')
  const slab = (name: string) => new RegExp(`^${name} +(\\d+)`, 'm').exec(slabs)?.[1]
  const memory = /^memory\t\d+\t(\d+)/m.exec(readable('/proc/cgroups'))?.[1]
  const found = {
    'kernel.networks': slab('net_namespace'),
    'kernel.mounts': slab('mnt_cache'),
    'kernel.memoryCgroups': memory,
  }
  return Object.fromEntries(
    Object.entries(found).flatMap(([name, value]) => (value === undefined ? [] : [[name, Number(value)]])),
  )
}

function readable(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

import { existsSync, mkdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { ResourceLimits } from '../spec.ts'
import type { Bytes, Millicores } from '../units.ts'
import { cureV1 } from './cures.ts'
import { makeCgroups, pidsIn } from './directories.ts'
import { errnoOf, must, read, readIfPresent, readKey, write } from './files.ts'
import type { OwnCgroup } from './hierarchies.ts'
import {
  bandwidth,
  cpuShares,
  limitFilter,
  millicores,
  type OptionalLimit,
  setBytes,
  setNumber,
  throttling,
} from './limits.ts'
import { killAll, removeCgroups } from './removal.ts'
import type { Cgroup, CgroupExcess, CgroupOptions, Cgroups, CgroupUsage } from './types.ts'
import { Unavailable } from './unavailable.ts'

type Controller = 'memory' | 'cpuacct' | 'cpu' | 'pids'
/** A cgroup's directory for each controller; controllers that are mounted together share one. */
type Directories = { readonly memory: string } & { readonly [controller in Controller]?: string | undefined }

/** What cannot be had without a controller. */
const LIMITS_OF = { cpuacct: [], cpu: ['cpu', 'cpuRequest'], pids: ['pids'] } as const

const NANOSECONDS_PER_MICROSECOND = 1000
const MILLICORES_PER_CORE = 1000

/**
 * Cgroups in the hierarchies of cgroup v1, in each of them below the cgroup that this process is in.
 * Source: Documentation/admin-guide/cgroup-v1 of Linux. Unavailable when none may be made in the memory hierarchy.
 */
export function openV1(own: readonly OwnCgroup[], options: CgroupOptions): Cgroups | Unavailable {
  const memory = makeParent(own, 'memory', options.runName)
  if (memory instanceof Unavailable) return memory
  inheritLimits(memory)
  const parents: { memory: string } & { [controller in Controller]?: string } = { memory }
  const absent = new Map<OptionalLimit, Unavailable>()
  for (const controller of ['cpuacct', 'cpu', 'pids'] as const) {
    const parent = makeParent(own, controller, options.runName)
    if (typeof parent === 'string') parents[controller] = parent
    else for (const kind of LIMITS_OF[controller]) absent.set(kind, withoutLimit(kind, parent))
  }
  if (parents.cpu !== undefined && !weighAsMachine(parents.cpu))
    absent.set('cpuRequest', sharesUnavailable(parents.cpu))
  const withSwap = swapFile(memory)
  if (!existsSync(withSwap)) absent.set('swap', swapUnaccounted(withSwap))
  const keepEnforceable = limitFilter(absent, options)
  return {
    version: 'v1',
    parents: distinct(parents),
    create: (name, limits) => createCgroup(parents, name, keepEnforceable(limits)),
    close: () => removeCgroups(distinct(parents)),
  }
}

function createCgroup(parents: Directories, name: string, limits: ResourceLimits): Cgroup {
  const within = (parent: string | undefined) => (parent === undefined ? undefined : join(parent, name))
  // Entering a cgroup costs a move in each hierarchy: leave out those that would bound nothing.
  const directories: Directories = {
    memory: join(parents.memory, name),
    cpuacct: within(parents.cpuacct),
    cpu: limits.cpu === undefined && limits.cpuRequest === undefined ? undefined : within(parents.cpu),
    pids: limits.pids === undefined ? undefined : within(parents.pids),
  }
  const all = distinct(directories)
  const inForce = makeCgroups(all, () => setLimits(directories, limits))
  return {
    procsFiles: all.map((directory) => join(directory, 'cgroup.procs')),
    limits: inForce,
    usage: () => must('cannot read its usage', directories.memory, () => readUsage(directories)),
    excess: () => must('cannot read what its limits did', directories.memory, () => readExcess(directories, inForce)),
    processes: () => [...new Set(all.flatMap(pidsIn))],
    kill: () => all.forEach(killAll),
    remove: () => removeCgroups(all),
  }
}

function setLimits(directories: Directories, limits: ResourceLimits): ResourceLimits {
  const { memory, cpu, pids } = directories
  return {
    ...(limits.memory === undefined ? {} : setMemory(memory, limits.memory, limits.swap)),
    ...(limits.cpu === undefined || cpu === undefined ? {} : { cpu: setBandwidth(cpu, limits.cpu) }),
    ...(limits.cpuRequest === undefined || cpu === undefined ? {} : { cpuRequest: setShares(cpu, limits.cpuRequest) }),
    ...(limits.pids === undefined || pids === undefined
      ? {}
      : { pids: setNumber(join(pids, 'pids.max'), limits.pids) }),
  }
}

function setMemory(directory: string, asked: Bytes, swap: Bytes | undefined): ResourceLimits {
  const memory = setBytes(join(directory, 'memory.limit_in_bytes'), asked)
  // Where swap is not accounted, swappiness 0 keeps this limit from pushing anonymous memory out to swap (memory.rst, 5.3).
  const withSwap = swapFile(directory)
  if (existsSync(withSwap)) setBytes(withSwap, memory + (swap ?? 0))
  else setNumber(join(directory, 'memory.swappiness'), 0)
  return { memory, ...(swap === undefined ? {} : { swap }) }
}

/** Of memory and swap together; absent where swap is not accounted (`swapaccount=0`). */
function swapFile(directory: string): string {
  return join(directory, 'memory.memsw.limit_in_bytes')
}

function swapUnaccounted(path: string): Unavailable {
  const message = 'the kernel does not account swap: it cannot be limited, and none is used'
  return new Unavailable({ message, path, hint: 'Boot with `swapaccount=1`.' })
}

function setShares(directory: string, request: Millicores): Millicores {
  setNumber(join(directory, 'cpu.shares'), cpuShares(request))
  return request
}

/** As Kubernetes' cgroup of all pods: beside others, pods have all cores and not the share of one. */
function weighAsMachine(directory: string): boolean {
  const file = join(directory, 'cpu.shares')
  return errnoOf(() => write(file, cpuShares(availableParallelism() * MILLICORES_PER_CORE))) === undefined
}

function sharesUnavailable(path: string): Unavailable {
  const message = 'cpu requests cannot be enforced: the kernel has no cpu.shares (CONFIG_FAIR_GROUP_SCHED)'
  return new Unavailable({ message, path, hint: 'They still count when containers are admitted.' })
}

function setBandwidth(directory: string, cpu: Millicores): Millicores {
  const { quota, period } = bandwidth(cpu)
  setNumber(join(directory, 'cpu.cfs_period_us'), period)
  setNumber(join(directory, 'cpu.cfs_quota_us'), quota)
  return millicores({ quota, period })
}

/** A new cgroup's counters start at zero, and v1's oom_kill counts the cgroup's own processes only. */
function readUsage({ memory, cpuacct }: Directories): CgroupUsage {
  return {
    oomKills: readKey(join(memory, 'memory.oom_control'), 'oom_kill'),
    memoryCurrent: Number(read(join(memory, 'memory.usage_in_bytes'))),
    memoryPeak: Number(read(join(memory, 'memory.max_usage_in_bytes'))),
    ...(cpuacct === undefined
      ? {}
      : { cpuMicroseconds: Math.round(Number(read(join(cpuacct, 'cpuacct.usage'))) / NANOSECONDS_PER_MICROSECOND) }),
  }
}

function readExcess({ cpu, pids }: Directories, limits: ResourceLimits): CgroupExcess {
  return {
    ...(cpu === undefined || limits.cpu === undefined
      ? {}
      : throttling(join(cpu, 'cpu.stat'), 'throttled_time', 1 / NANOSECONDS_PER_MICROSECOND)),
    ...(pids === undefined ? {} : { pidsRefused: readKey(join(pids, 'pids.events'), 'max') }),
  }
}

function makeParent(own: readonly OwnCgroup[], controller: Controller, runName: string): string | Unavailable {
  const home = own.find((cgroup) => cgroup.version === 'v1' && cgroup.controllers.includes(controller))
  if (!home) {
    const message = `the ${controller} controller of cgroup v1 is not mounted where this process can reach its cgroup`
    return new Unavailable({
      message,
      hint: `Mount it: \`mount -t cgroup -o ${controller} cgroup /sys/fs/cgroup/${controller}\`.`,
    })
  }
  const parent = join(home.directory, runName)
  const errno = errnoOf(() => mkdirSync(parent))
  // Controllers that are mounted together.
  if (errno === undefined || (errno === 'EEXIST' && controller !== 'memory')) return parent
  const message = `no cgroup can be made below this process's own in the v1 hierarchy of ${controller}`
  return new Unavailable({ message, path: parent, errno, hint: cureV1(errno) })
}

/** What the lack of a controller means to who has asked for its limit. */
function withoutLimit(limit: OptionalLimit, { fields }: Unavailable): Unavailable {
  const what = limit === 'cpuRequest' ? 'cpu requests' : `${limit} limits`
  return new Unavailable({ ...fields, message: `${what} cannot be enforced: ${fields.message}` })
}

/** Before Linux 5.11 a parent's limit held for its children only where this was set (memory.rst, section 6). */
function inheritLimits(directory: string): void {
  const file = join(directory, 'memory.use_hierarchy')
  if (readIfPresent(file) === '0') must('cannot be made to obey the enclosing limit', file, () => write(file, 1))
}

function distinct(directories: Directories): string[] {
  return [...new Set(Object.values(directories).filter((directory) => directory !== undefined))]
}

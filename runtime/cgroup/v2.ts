import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ResourceLimits } from '../spec.ts'
import type { Bytes, Millicores } from '../units.ts'
import { cureByDelegation } from './cures.ts'
import { makeCgroups, pidsIn } from './directories.ts'
import { must, read, readIfPresent, readKey } from './files.ts'
import type { OwnCgroup } from './hierarchies.ts'
import {
  bandwidth,
  cpuWeight,
  limitFilter,
  millicores,
  type OptionalLimit,
  setBytes,
  setNumber,
  setText,
  throttling,
} from './limits.ts'
import { enabledIn, type Placement, place, unplace } from './placement.ts'
import { killAll, removeCgroups } from './removal.ts'
import type { Cgroup, CgroupExcess, CgroupOptions, Cgroups, CgroupUsage } from './types.ts'
import { Unavailable } from './unavailable.ts'

/**
 * Cgroups in the hierarchy of cgroup v2, below or beside the cgroup that this process is in.
 * Source: Documentation/admin-guide/cgroup-v2.rst of Linux. Unavailable when no cgroup with a memory controller may be
 * made, or this process could not move others into it.
 */
export function openV2(own: readonly OwnCgroup[], options: CgroupOptions): Cgroups | Unavailable {
  const home = own.find((cgroup) => cgroup.version === 'v2')
  if (!home) {
    const message = 'cgroup v2 is not mounted where this process can reach its cgroup'
    return new Unavailable({ message, hint: 'Mount it: `mount -t cgroup2 cgroup2 /sys/fs/cgroup`.' })
  }
  const placement = place(home, options.runName)
  if (placement instanceof Unavailable) return placement
  const keepEnforceable = limitFilter(absentIn(placement), options)
  let closed: Promise<void> | undefined
  return {
    version: 'v2',
    parents: [placement.run],
    create: (name, limits) => createCgroup(join(placement.run, name), keepEnforceable(limits)),
    close: () => {
      closed ??= closeRun(placement, options)
      return closed
    },
  }
}

async function closeRun({ run, anchor, enabled }: Placement, options: CgroupOptions): Promise<void> {
  await removeCgroups([run])
  const errno = unplace(anchor, enabled)
  if (errno === undefined) return
  options.onEvent({
    type: 'Warning',
    reason: 'CgroupNotRestored',
    message: `this process must stay in its cgroup below ${anchor}: ${errno}. Other cgroups there use the controllers.`,
  })
}

function createCgroup(directory: string, limits: ResourceLimits): Cgroup {
  const inForce = makeCgroups([directory], () => setLimits(directory, limits))
  return {
    procsFiles: [join(directory, 'cgroup.procs')],
    limits: inForce,
    usage: () => must('cannot read its usage', directory, () => readUsage(directory)),
    excess: () => must('cannot read what its limits did', directory, () => readExcess(directory, inForce)),
    processes: () => pidsIn(directory),
    kill: () => killAll(directory),
    remove: () => removeCgroups([directory]),
  }
}

/** Writes a new cgroup's limits into its files. @returns those in force, read back */
export function setLimits(directory: string, limits: ResourceLimits): ResourceLimits {
  // One process killed for memory means all of them: half a container is of no use.
  setNumber(join(directory, 'memory.oom.group'), 1)
  return {
    ...(limits.memory === undefined ? {} : setMemory(directory, limits.memory, limits.swap)),
    ...(limits.cpu === undefined ? {} : { cpu: setBandwidth(directory, limits.cpu) }),
    ...setWeight(directory, limits.cpuRequest),
    ...(limits.pids === undefined ? {} : { pids: setNumber(join(directory, 'pids.max'), limits.pids) }),
  }
}

function setMemory(directory: string, asked: Bytes, swap: Bytes | undefined): ResourceLimits {
  const memory = setBytes(join(directory, 'memory.max'), asked)
  // Absent only in kernels that were built without swap.
  const file = swapFile(directory)
  const inForce = existsSync(file) ? setBytes(file, swap ?? 0) : 0
  return { memory, ...(swap === undefined ? {} : { swap: inForce }) }
}

function swapFile(directory: string): string {
  return join(directory, 'memory.swap.max')
}

/** As in Kubernetes, who requests nothing has the least weight. Without the controller all weigh the same. */
function setWeight(directory: string, request: Millicores | undefined): ResourceLimits {
  const file = join(directory, 'cpu.weight')
  if (existsSync(file)) setNumber(file, cpuWeight(request ?? 0))
  return request === undefined ? {} : { cpuRequest: request }
}

function setBandwidth(directory: string, cpu: Millicores): Millicores {
  const { quota, period } = bandwidth(cpu)
  setText(join(directory, 'cpu.max'), `${quota} ${period}`)
  return millicores({ quota, period })
}

/** A new cgroup's counters start at zero. */
function readUsage(directory: string): CgroupUsage {
  // Since Linux 5.19.
  const peak = readIfPresent(join(directory, 'memory.peak'))
  return {
    oomKills: readKey(join(directory, 'memory.events'), 'oom_kill'),
    memoryCurrent: Number(read(join(directory, 'memory.current'))),
    ...(peak === undefined ? {} : { memoryPeak: Number(peak) }),
    // Also there without the cpu controller.
    cpuMicroseconds: readKey(join(directory, 'cpu.stat'), 'usage_usec'),
  }
}

/** What its files tell of those limits. */
export function readExcess(directory: string, limits: ResourceLimits): CgroupExcess {
  return {
    ...(limits.cpu === undefined ? {} : throttling(join(directory, 'cpu.stat'), 'throttled_usec', 1)),
    ...(limits.pids === undefined ? {} : { pidsRefused: readKey(join(directory, 'pids.events'), 'max') }),
  }
}

function absentIn({ run }: Placement): Map<OptionalLimit, Unavailable> {
  const enabled = enabledIn(run)
  const delegated = (what: string, controller: string): Unavailable => {
    const message = `the ${controller} controller is not delegated: ${what} cannot be enforced`
    return new Unavailable({ message, path: run, hint: cureByDelegation() })
  }
  const absent = new Map<OptionalLimit, Unavailable>()
  if (!enabled.includes('cpu')) {
    absent.set('cpu', delegated('cpu limits', 'cpu'))
    absent.set('cpuRequest', delegated('cpu requests', 'cpu'))
  }
  if (!enabled.includes('pids')) absent.set('pids', delegated('pids limits', 'pids'))
  if (!existsSync(swapFile(run))) absent.set('swap', withoutSwap(run))
  return absent
}

function withoutSwap(path: string): Unavailable {
  const message = 'the kernel was built without swap: none is used'
  return new Unavailable({ message, path, hint: 'Leave out limits.swap.' })
}

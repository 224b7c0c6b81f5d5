import { MydockerError } from '../errors.ts'
import { read } from './files.ts'
import { ownCgroups } from './hierarchies.ts'
import { openNone } from './none.ts'
import type { CgroupOptions, Cgroups } from './types.ts'
import { Unavailable } from './unavailable.ts'
import { openV1 } from './v1.ts'
import { openV2 } from './v2.ts'

export { runName } from './names.ts'
export { sweepCgroups } from './sweep.ts'
export type { Cgroup, CgroupOptions, Cgroups, CgroupUsage } from './types.ts'

/**
 * Opens the cgroups of one run, by the interface that the memory controller has here. Where no cgroup can be had the
 * result bounds nothing, which is a Warning event `MemoryLimitUnavailable`. On v2 this process may be moved into a leaf
 * of its cgroup until `close`.
 * @throws MydockerError stage `cgroup`: under `strict`, no memory limit can be enforced
 */
export function openCgroups(options: CgroupOptions): Cgroups {
  if (!/^[\w.-]+$/.test(options.runName)) {
    throw new MydockerError({ stage: 'cgroup', message: `a run cannot be named ${JSON.stringify(options.runName)}` })
  }
  const open = isMemoryOnV1() ? openV1 : openV2
  const opened = open(ownCgroups(), options)
  return opened instanceof Unavailable ? openNone(opened, options) : opened
}

/** A controller is in one hierarchy only, v1's or v2's; in a hybrid set-up it may be either (cgroups(7)). */
function isMemoryOnV1(): boolean {
  return /^\d+:([^:]+,)?memory(,[^:]+)?:/m.test(read('/proc/self/cgroup'))
}

import type { EventSink } from '../event.ts'
import type { ResourceLimits } from '../spec.ts'
import type { Bytes } from '../units.ts'

/** What the kernel accounted for one cgroup since it was created (counters are deltas, so a pooled cgroup can be reused). */
export interface CgroupUsage {
  /** Processes killed by the OOM killer: v2 `memory.events` oom_kill, v1 `memory.oom_control` oom_kill. */
  readonly oomKills: number
  readonly memoryCurrent?: Bytes | undefined
  /** v2 `memory.peak` (5.19), v1 `memory.max_usage_in_bytes`. */
  readonly memoryPeak?: Bytes | undefined
  readonly cpuMicroseconds?: number | undefined
}

/** How often its limits have held a cgroup back, for those that it has. */
export interface CgroupExcess {
  /** Forks that failed for the pids limit: `pids.events` max. */
  readonly pidsRefused?: number | undefined
  /** Of cpu.stat (sched-bwc.rst): summed over the CPUs. */
  readonly throttledMicroseconds?: number | undefined
  /** Periods in which it used up its quota, of those in which it ran; 0 to 1. */
  readonly throttledShare?: number | undefined
}

/** One container's cgroup: a directory in each hierarchy that a controller of ours is mounted in. */
export interface Cgroup {
  /** `cgroup.procs` files: a process enters the cgroup by writing `0` into each of them. */
  readonly procsFiles: readonly string[]
  /** The limits in force, read back from the kernel. */
  readonly limits: ResourceLimits
  usage(): CgroupUsage
  excess(): CgroupExcess
  /** Host pids of the processes in it. */
  processes(): number[]
  /** SIGKILL to everything in it now. @throws MydockerError stage `cgroup` */
  kill(): void
  /** SIGKILL to everything in it (v2 `cgroup.kill`, else signals until it is empty), then rmdir with bounded retry. */
  remove(): Promise<void>
}

/** The cgroups of one run, below one parent named after the run. */
export interface Cgroups {
  /** Which interface the memory controller has here; `none` is the null object that bounds nothing. */
  readonly version: 'v1' | 'v2' | 'none'
  /** Directories (one per hierarchy) that a janitor must empty and remove when this process dies. */
  readonly parents: readonly string[]
  /** @throws MydockerError stage `cgroup`: it cannot be made, or a limit did not take (read-back differs). */
  create(name: string, limits: ResourceLimits): Cgroup
  /** Removes the run's parent. */
  close(): Promise<void>
}

export interface CgroupOptions {
  /** Name of the run's parent, from `runName()`: only such names are swept after a crash. */
  readonly runName: string
  readonly onEvent: EventSink
  /** A limit that cannot be enforced is an error instead of a Warning event. */
  readonly strict: boolean
}

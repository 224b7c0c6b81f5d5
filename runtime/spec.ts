import type { SeccompProfile } from './seccomp/profile.ts'
import type { Bytes, Millicores, Milliseconds } from './units.ts'

/** Resource bounds of one container. What is absent is unbounded. */
export interface ResourceLimits {
  /** Memory of all processes of the container together, tmpfs files included. Exceeding it is an OOM kill. */
  readonly memory?: Bytes | undefined
  /** Swap that it may use besides its memory; none when `memory` is bounded and this is absent. */
  readonly swap?: Bytes | undefined
  /** CPU bandwidth. */
  readonly cpu?: Millicores | undefined
  /** Bounds nothing: the share of the CPUs that it has when there are not enough for all. */
  readonly cpuRequest?: Millicores | undefined
  /** Number of processes and threads. */
  readonly pids?: number | undefined
}

/** A directory or file of the host, or an empty directory, at a path of the container (Kubernetes' Volume and VolumeMount in one). */
export interface VolumeMount {
  readonly mountPath: string
  /** Absolute host path; without it the volume is an empty directory (`emptyDir`) that dies with the container. */
  readonly hostPath?: string | undefined
  /** Refuse writes. Without it, writes to a `hostPath` volume reach the host. */
  readonly readOnly?: boolean | undefined
}

/**
 * A directory of the host as the lower layer at a path of the container: what the container writes there is its own. No mount may
 * be below it.
 */
export interface Layer {
  readonly mountPath: string
  readonly hostPath: string
}

/** A TCP port of the host's loopback that the container reaches on its own loopback, at the same number. */
export interface HostPort {
  readonly port: number
  /** Address families in which the host listens, so that `localhost` means the same inside. */
  readonly families: readonly ('IPv4' | 'IPv6')[]
}

/** What happens to what a container sends: over the bridge, or without one over its loopback. 0 is none. */
export interface NetworkConditions {
  /** Microseconds. */
  readonly delay: number
  readonly jitter: number
  /** Share of the packets, from 0 to 1. */
  readonly loss: number
  /** Bits a second. */
  readonly rate: number
}

/** What a container is to be. Pure data: no defaults are added below this line. */
export interface ContainerSpec {
  /** Unique among the engine's containers; `[A-Za-z0-9._-]+`. Names its cgroup. */
  readonly name: string
  /** At most 64 bytes (uts_namespaces(7)). */
  readonly hostname: string
  /** Program and arguments; without a slash in it the program is looked up inside, on the PATH of `env`. `forked`: a zygote's child, see `Engine.prepare`. */
  readonly command: readonly [string, ...string[]] | 'forked'
  readonly env: Readonly<Record<string, string>>
  readonly workingDir: string
  /** User and group that the command runs as, inside the container. */
  readonly user: { readonly uid: number; readonly gid: number }
  /** Drop every capability; without it a root user keeps Docker's default set inside its own user namespace. */
  readonly dropCapabilities?: boolean | undefined
  /** Which system calls its processes may make; without it, all. */
  readonly seccomp?: SeccompProfile | undefined
  /** Size of the tmpfs that takes every write: the upper layers, /tmp, /dev/shm. */
  readonly ephemeralStorage: Bytes
  readonly volumes: readonly VolumeMount[]
  readonly layers?: readonly Layer[] | undefined
  /** Other containers will share its namespaces (`Engine.create`), or it is to be visited (`Container.exec`, `connect`). */
  readonly share?: boolean | undefined
  /** Host paths that must stay visible (copy-on-write) although a private directory such as /tmp covers them. */
  readonly visible: readonly string[]
  /** `none`: a loopback of its own; `bridge`: that and an interface on the bridge of the run, which reaches its other containers. */
  readonly network: 'none' | 'host' | 'bridge'
  readonly hostPorts: readonly HostPort[]
  /** With `bridge`: a way out to what this machine reaches. */
  readonly egress?: boolean | undefined
  /** Not with `host`. */
  readonly conditions?: NetworkConditions | undefined
  readonly limits: ResourceLimits
  /** How much sooner the kernel kills its processes when the machine has no memory left (proc_pid_oom_score_adj(5)), from ours to 1000. */
  readonly oomScoreAdjust?: number | undefined
  /** End it, reason `Evicted`, when what it has written fills its `ephemeralStorage` and stays; without it, writes fail and that is all. */
  readonly evict?: boolean | undefined
  /** `pipe`: stdout and stderr are streams of the Container; `inherit`: ours; `terminal`: a pty of the container's own. */
  readonly stdio: 'pipe' | 'inherit' | 'terminal'
  /** Size of that terminal at the start; 24 × 80 when absent. */
  readonly terminalSize?: TerminalSize | undefined
  /** Find out how long each part of the start takes: `ContainerStatus.timings`. */
  readonly timings?: boolean | undefined
  /** Give the command a connected unix stream socket at descriptor 3, whose other end is `Container.channel`. */
  readonly channel: boolean
}

/** In characters. */
export interface TerminalSize {
  readonly rows: number
  readonly columns: number
}

/** A process seen in a container, pid as the container sees it where known, else the host's. */
export interface ProcessInfo {
  readonly pid: number
  readonly command: string
  /** Resident set size, or the peak of it for a process that has ended. */
  readonly rss?: Bytes | undefined
}

/** A system call that the container's seccomp profile denied, with EPERM. */
export interface DeniedCall {
  /** `mount`, `unshare`, … */
  readonly syscall: string
  /** Name of the process that made it first (proc_pid_comm(5)), and its pid inside. */
  readonly command: string
  readonly pid: number
}

/** Why a container ended, after Kubernetes' ContainerStateTerminated. */
export interface ContainerStatus {
  readonly reason: 'Completed' | 'Error' | 'OOMKilled' | 'Evicted'
  /** Exit code, or 128 + signal number; 137 when OOM killed. */
  readonly exitCode: number
  /** Signal that ended the command, `SIGKILL`, … */
  readonly signal?: NodeJS.Signals | undefined
  /** Peak memory of the cgroup, or of the largest process where there is no cgroup. */
  readonly peakMemory?: Bytes | undefined
  /** Memory limit that was in force (read back from the kernel). */
  readonly memoryLimit?: Bytes | undefined
  /** CPU time of all processes in microseconds. */
  readonly cpuMicroseconds?: number | undefined
  /** How long it was not let run because of its CPU limit, on all CPUs together; and in which share of the periods that it ran in. */
  readonly throttledMicroseconds?: number | undefined
  readonly throttledShare?: number | undefined
  /** How often a process or thread was refused for the limit of them. */
  readonly pidsRefused?: number | undefined
  /** Size of what it had written, at its end. */
  readonly bytesWritten?: Bytes | undefined
  /** Page faults of the command that needed no input (getrusage(2), ru_minflt). */
  readonly pageFaults?: number | undefined
  /** How long the parts of the start took, in their order, when the spec has asked for it. They may have gone on at the same time. */
  readonly timings?: Readonly<Record<string, Milliseconds>> | undefined
  /** Largest processes when they were last seen, largest first; filled when reason is `OOMKilled`. */
  readonly largestProcesses: readonly ProcessInfo[]
  /** Each system call that was denied, once, in the order of the first attempts. */
  readonly deniedCalls: readonly DeniedCall[]
  /** Processes still there when the command had ended. They were killed. */
  readonly leftBehind: readonly ProcessInfo[]
}

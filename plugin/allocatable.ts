import { totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { attempt, read, readKey } from '../runtime/cgroup/files.ts'
import { type OwnCgroup, ownCgroups } from '../runtime/cgroup/hierarchies.ts'
import type { Bytes } from '../runtime/units.ts'

/**
 * Memory that pods may use together, after Kubernetes' Allocatable: that of the machine, or of the tightest cgroup around this
 * process, without a reserve for Vitest's main process.
 *
 * `process.constrainedMemory()` would not do: it knows only the innermost cgroup (libuv 1.46, Node 20).
 */
export function allocatableMemory(): Bytes {
  const memory = Math.min(totalmem(), ...ownCgroups().flatMap(enclosingLimits))
  return Math.floor(memory - Math.min(MAIN_RESERVE, memory * MAIN_SHARE))
}

/**
 * For the main process, which holds Vite's module graph and all results: 114 MiB resident for one tiny file (Vitest 4.1, Node 20.20),
 * some hundred for a large project.
 */
const MAIN_RESERVE: Bytes = 512 * 2 ** 20
/** On a small machine the reserve must not eat what it is there to protect. */
const MAIN_SHARE = 1 / 4

/** The memory limits of a cgroup and of those around it. */
function enclosingLimits(own: OwnCgroup): Bytes[] {
  const limits = own.version === 'v1' ? limitV1(own) : ancestors(own).flatMap(limitsV2)
  return limits.filter(Number.isFinite)
}

/** The kernel knows it even for ancestors that a container cannot see (cgroup-v1/memory.rst, section 5.2). */
function limitV1({ controllers, directory }: OwnCgroup): Bytes[] {
  if (!controllers.includes('memory')) return []
  return [attempt(() => readKey(join(directory, 'memory.stat'), 'hierarchical_memory_limit')) ?? Number.NaN]
}

/** Above `memory.high` the kernel throttles to a standstill, so it bounds as `memory.max` does. `max` is not a number. */
function limitsV2(directory: string): Bytes[] {
  // ENOENT: the root cgroup has neither, nor has a cgroup without the memory controller.
  return ['memory.max', 'memory.high'].map((file) => Number(attempt(() => read(join(directory, file))) ?? Number.NaN))
}

function ancestors({ directory, mountPoint }: Pick<OwnCgroup, 'directory' | 'mountPoint'>): string[] {
  return directory === mountPoint || directory === '/'
    ? [directory]
    : [directory, ...ancestors({ directory: dirname(directory), mountPoint })]
}

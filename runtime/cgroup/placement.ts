import { mkdirSync, rmdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { cureByDelegation, cureByLeaf, cureDisabledMemory, cureV2 } from './cures.ts'
import { childCgroups } from './directories.ts'
import { attempt, errnoOf, read, words, write } from './files.ts'
import type { OwnCgroup } from './hierarchies.ts'
import { enterLeaf, leafOf, leaveLeaf } from './leaf.ts'
import { RUN_PREFIX } from './names.ts'
import { Unavailable } from './unavailable.ts'

/** Memory first: the others can be enabled beside processes, which would make the cgroup a threaded one (cgroup-v2.rst). */
const CONTROLLERS = ['memory', 'pids', 'cpu'] as const

/** Where the cgroups of a run are. */
export interface Placement {
  /** The run's directory, which has the controllers enabled for its children. */
  readonly run: string
  /** The cgroup above it. */
  readonly anchor: string
  /** Controllers that were not enabled in the anchor before. */
  readonly enabled: readonly string[]
}

/**
 * Finds a place for a run's cgroups on v2, whose rules are hard: controllers are enabled only in a cgroup without
 * processes of its own, and a process may be moved only by who may write `cgroup.procs` of the common ancestor
 * (cgroup-v2.rst, "No Internal Process Constraint" and "Delegation Containment"). Below our own cgroup, moving this
 * process into a leaf, an enclosing limit still holds; beside it only those further up do, so that comes second.
 * Each strategy does what it probes, and undoes it when it fails.
 */
export function place(own: OwnCgroup, runName: string): Placement | Unavailable {
  const parent = dirname(own.directory)
  // In a leaf already, by another run of this process or of one that started it: the place is beside that one's.
  if (own.directory === leafOf(parent)) return placeIn(parent, own.directory, runName)
  const below = placeIn(own.directory, own.directory, runName)
  // What is above a mount's root is out of reach.
  if (!(below instanceof Unavailable) || own.directory === own.mountPoint) return below
  const beside = placeIn(parent, own.directory, runName)
  if (!(beside instanceof Unavailable)) return beside
  const message = `${below.fields.message}; and beside it ${beside.fields.message}`
  return new Unavailable({ ...below.fields, message })
}

/**
 * Undoes what `place` did, when the run's directory is gone. Where another run needs it, that one will undo it.
 * @returns errno when this process must stay in its leaf
 */
export function unplace(anchor: string, enabled: readonly string[]): string | undefined {
  const leaf = leafOf(anchor)
  if (leaf !== undefined && childCgroups(anchor).some((child) => child !== leaf && isOfRun(child))) return undefined
  // Before it got its leaf the anchor had processes, so nothing was enabled.
  const undone = leaf === undefined ? enabled : enabledIn(anchor)
  // EBUSY: a cgroup of somebody else has come to use it.
  for (const controller of undone) errnoOf(() => control(anchor, `-${controller}`))
  return leaf === undefined ? undefined : leaveLeaf(anchor)
}

/** Controllers that the children of a cgroup have. */
export function enabledIn(directory: string): string[] {
  const enabled = words(attempt(() => read(join(directory, 'cgroup.subtree_control'))) ?? '')
  return CONTROLLERS.filter((controller) => enabled.includes(controller))
}

function placeIn(anchor: string, home: string, runName: string): Placement | Unavailable {
  const available = words(attempt(() => read(join(anchor, 'cgroup.controllers'))) ?? '')
  if (!available.includes('memory')) {
    const hint = cureDisabledMemory() ?? cureByDelegation()
    return new Unavailable({ message: `the memory controller is not delegated to ${anchor}`, hint })
  }
  const run = join(anchor, runName)
  const errno = errnoOf(() => mkdirSync(run))
  if (errno !== undefined) return refused(`no cgroup can be made in ${anchor}`, errno)
  const before = enabledIn(anchor)
  const problem = prepare(anchor, home, run)
  const enabled = enabledIn(anchor).filter((controller) => !before.includes(controller))
  if (problem === undefined) return { run, anchor, enabled }
  errnoOf(() => rmdirSync(run))
  unplace(anchor, enabled)
  return problem
}

function prepare(anchor: string, home: string, run: string): Unavailable | undefined {
  let errno = enable(anchor)
  if (errno === 'EBUSY' && anchor === home) {
    const problem = enterLeaf(anchor)
    if (problem) return problem
    errno = enable(anchor)
  }
  if (errno === 'EBUSY') {
    return new Unavailable({ message: `processes live in ${anchor} itself`, errno, hint: cureByLeaf(anchor) })
  }
  errno ??= enable(run)
  if (errno !== undefined)
    return refused(`the memory controller cannot be enabled for the children of ${anchor}`, errno)
  errno = visit(run, anchor === home ? (leafOf(anchor) ?? home) : home)
  return errno === undefined ? undefined : refused(`processes cannot be moved from ${home} to below ${anchor}`, errno)
}

/** Enables what there is for the children of a cgroup. @returns errno of `memory`; the others may be missing */
function enable(directory: string): string | undefined {
  const enabled = enabledIn(directory)
  const available = words(read(join(directory, 'cgroup.controllers')))
  for (const controller of CONTROLLERS) {
    if (enabled.includes(controller) || !available.includes(controller)) continue
    const errno = errnoOf(() => control(directory, `+${controller}`))
    if (controller === 'memory' && errno !== undefined) return errno
  }
  return undefined
}

/** Moves this process into a cgroup below `run` and back, as its containers will move in. */
function visit(run: string, home: string): string | undefined {
  const probe = join(run, 'probe')
  return (
    errnoOf(() => mkdirSync(probe)) ??
    errnoOf(() => write(join(probe, 'cgroup.procs'), 0)) ??
    errnoOf(() => write(join(home, 'cgroup.procs'), 0)) ??
    errnoOf(() => rmdirSync(probe))
  )
}

function control(directory: string, change: string): void {
  write(join(directory, 'cgroup.subtree_control'), change)
}

function isOfRun(directory: string): boolean {
  return basename(directory).startsWith(RUN_PREFIX)
}

function refused(message: string, errno: string): Unavailable {
  return new Unavailable({ message, errno, hint: cureV2(errno) })
}

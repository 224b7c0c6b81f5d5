import { statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { MydockerError } from '../errors.ts'
import type { EventSink } from '../event.ts'
import { childCgroups } from './directories.ts'
import { attempt } from './files.ts'
import { type OwnCgroup, ownCgroups } from './hierarchies.ts'
import { isOfDeadRun } from './names.ts'
import { unplace } from './placement.ts'
import { removeCgroups } from './removal.ts'

/**
 * Removes what runs of this user left behind that ended without `close` and without their janitor, killing what is still
 * in it. Touches only directories whose name tells that their run is gone. Each failure is a Warning event.
 */
export async function sweepCgroups(onEvent: EventSink): Promise<void> {
  const left = [...new Set(ownCgroups().flatMap(neighbourhood))].flatMap(childCgroups).filter(isOurs)
  await Promise.all(left.map((run) => sweep(run, onEvent)))
  // Only after all are gone: what a run did to the cgroup above it is undone by the last one there.
  for (const anchor of new Set(left.map(dirname))) unplace(anchor, [])
}

async function sweep(run: string, onEvent: EventSink): Promise<void> {
  try {
    await removeCgroups([run])
    onEvent({ type: 'Normal', reason: 'CgroupSwept', message: `removed ${run}, left by a run that had crashed` })
  } catch (error) {
    if (!(error instanceof MydockerError)) throw error
    onEvent({ type: 'Warning', reason: 'CgroupSweepFailed', message: error.message })
  }
}

/** Cgroups that a run started where we are, or was started for us by the same service manager, may have been below. */
function neighbourhood({ directory, mountPoint }: OwnCgroup): string[] {
  if (directory === mountPoint) return [directory]
  const above = dirname(directory)
  return [directory, above, ...childCgroups(above)]
}

function isOurs(directory: string): boolean {
  if (!isOfDeadRun(basename(directory))) return false
  const owner = attempt(() => statSync(directory).uid)
  return owner !== undefined && owner === process.geteuid?.()
}

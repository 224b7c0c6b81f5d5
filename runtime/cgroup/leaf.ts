import { existsSync, mkdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { cureByLeaf, cureV2 } from './cures.ts'
import { describeProcess, membersOf } from './directories.ts'
import { attempt, errnoOf, write } from './files.ts'
import { parentPid } from './names.ts'
import { Unavailable } from './unavailable.ts'

const LEAF = 'mydocker-main'
/** Processes that are born while others are being moved are moved in the next round. */
const ROUNDS = 10
const STRANGERS_NAMED = 5

/** The leaf of `anchor` in which a process of ours waits for its run to end, if there is one. */
export function leafOf(anchor: string): string | undefined {
  const leaf = join(anchor, LEAF)
  return existsSync(leaf) ? leaf : undefined
}

/**
 * Moves this process and its descendants out of their cgroup into a leaf below it, so that controllers may be enabled in
 * the cgroup. Only when nobody else is there: other programs' processes are not ours to move.
 */
export function enterLeaf(anchor: string): Unavailable | undefined {
  const strangers = membersOf(anchor).filter((pid) => !descendsFrom(pid, process.pid))
  if (strangers.length > 0) {
    const named = strangers.slice(0, STRANGERS_NAMED).map(describeProcess).join(', ')
    const more = strangers.length > STRANGERS_NAMED ? ` and ${strangers.length - STRANGERS_NAMED} more` : ''
    const message = `other processes share this one's cgroup: ${named}${more}`
    return new Unavailable({ message, path: anchor, hint: cureByLeaf(anchor) })
  }
  const leaf = join(anchor, LEAF)
  const made = errnoOf(() => mkdirSync(leaf))
  const errno = made === undefined || made === 'EEXIST' ? moveAll(anchor, leaf) : made
  if (errno === undefined) return undefined
  return new Unavailable({
    message: 'this process cannot be moved into a leaf',
    path: leaf,
    errno,
    hint: cureV2(errno),
  })
}

/** Moves everything back and removes the leaf. @returns errno if that is impossible, with the leaf still there */
export function leaveLeaf(anchor: string): string | undefined {
  const leaf = join(anchor, LEAF)
  const errno = moveAll(leaf, anchor) ?? errnoOf(() => rmdirSync(leaf))
  return errno === 'ENOENT' ? undefined : errno
}

function moveAll(from: string, to: string): string | undefined {
  for (let round = 0; round < ROUNDS; round++) {
    const pids = membersOf(from)
    if (pids.length === 0) return undefined
    for (const pid of pids) {
      const errno = errnoOf(() => write(join(to, 'cgroup.procs'), pid))
      if (errno !== undefined && errno !== 'ESRCH') return errno
    }
  }
  return 'EBUSY'
}

function descendsFrom(pid: number, ancestor: number): boolean {
  for (let current: number | undefined = pid; current !== undefined && current > 0; current = parentOf(current)) {
    if (current === ancestor) return true
  }
  return false
}

/** undefined for a process that has just ended. */
function parentOf(pid: number): number | undefined {
  return attempt(() => parentPid(pid))
}

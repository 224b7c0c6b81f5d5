import { rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { MydockerError } from '../errors.ts'
import type { Milliseconds } from '../units.ts'
import { childCgroups, describeProcess, pidsIn } from './directories.ts'
import { errnoOf, write } from './files.ts'

/** How long killed processes may take to go. Freeing some gigabytes takes a second; longer means an uninterruptible sleep. */
const REMOVAL_BOUND: Milliseconds = 10_000
const FIRST_DELAY: Milliseconds = 1
const LONGEST_DELAY: Milliseconds = 100
/** Errnos of a write to a file that this hierarchy does not have, or whose cgroup somebody has removed by now. */
const GONE: ReadonlySet<string> = new Set(['ENOENT', 'ENODEV'])

/**
 * Removes cgroups with all below them, killing what is inside. One rmdir each when they are empty; removed ones are fine.
 * @param bound how long killed processes may take to go, in milliseconds
 * @throws MydockerError stage `cgroup` naming the processes that stay
 */
export async function removeCgroups(directories: readonly string[], bound = REMOVAL_BOUND): Promise<void> {
  let left = directories.filter((directory) => !isRemoved(directory))
  let delay = FIRST_DELAY
  for (let waited = 0; left.length > 0 && waited < bound; waited += delay, delay = Math.min(2 * delay, LONGEST_DELAY)) {
    left.forEach(killAll)
    await setTimeout(delay)
    left = left.filter((directory) => !isRemoved(directory))
  }
  if (left.length > 0) throw stays(left, bound)
}

/** False while there are processes in it, also for a moment after they were killed. */
function isRemoved(directory: string): boolean {
  const errno = errnoOf(() => rmdirSync(directory))
  if (errno === undefined || errno === 'ENOENT') return true
  const below = childCgroups(directory)
  if (below.length > 0) return below.map(isRemoved).every(Boolean) && isRemoved(directory)
  if (errno !== 'EBUSY')
    throw new MydockerError({ stage: 'cgroup', message: 'cannot remove it', path: directory, errno })
  return false
}

/** SIGKILL to everything in a cgroup. @throws MydockerError stage `cgroup` */
export function killAll(directory: string): void {
  const pids = pidsIn(directory)
  if (pids.includes(process.pid)) {
    throw new MydockerError({
      stage: 'cgroup',
      message: 'this process itself is in the cgroup to be removed',
      path: directory,
    })
  }
  // Atomic and recursive, but only since Linux 5.14 and on v2.
  if (errnoOf(() => write(join(directory, 'cgroup.kill'), 1)) === undefined) return
  // Without it a process that forks could outrun us: a limit of no processes at all makes every fork fail.
  const pidsLimit = join(directory, 'pids.max')
  const errno = errnoOf(() => write(pidsLimit, 0))
  if (errno !== undefined && !GONE.has(errno)) {
    throw new MydockerError({ stage: 'cgroup', message: 'cannot stop forks in it', path: pidsLimit, errno })
  }
  for (const pid of pids) {
    const errno = errnoOf(() => process.kill(pid, 'SIGKILL'))
    if (errno !== undefined && errno !== 'ESRCH') {
      throw new MydockerError({
        stage: 'cgroup',
        message: `cannot kill ${describeProcess(pid)} in it`,
        path: directory,
        errno,
      })
    }
  }
}

function stays(directories: readonly string[], bound: Milliseconds): MydockerError {
  const pids = [...new Set(directories.flatMap(pidsIn))]
  const who = pids.length === 0 ? 'the kernel still holds it' : `still in it: ${pids.map(describeProcess).join(', ')}`
  return new MydockerError({
    stage: 'cgroup',
    message: `not empty ${bound / 1000} s after its processes were killed; ${who}`,
    path: directories.join(' '),
    errno: 'EBUSY',
    hint: 'A frozen process must be thawed first; one in state D (`ps`) waits for a device or a network file system.',
  })
}

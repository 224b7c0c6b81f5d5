import { join } from 'node:path'
import { attempt, read } from './cgroup/files.ts'
import { ownCgroups } from './cgroup/hierarchies.ts'

/** What the whole machine has to tell, where it is in no cgroup of v2 that has a memory controller. */
const OF_MACHINE = '/proc/pressure/memory'
const MICROSECONDS = 1000

/**
 * Pressure stall information of the kernel about memory (Documentation/accounting/psi.rst, Linux 4.20): of the cgroup around this
 * process, else of the machine. Unknown where it is not compiled in or off (`psi=1`), as it may be in a container.
 */
export class MemoryPressure {
  readonly #file: string | undefined
  #last: { readonly time: number; readonly stalled: number } | undefined

  /** @param files where it may be told, the best one first */
  constructor(files: readonly string[] = [...ofCgroup(), OF_MACHINE]) {
    this.#file = files.find((file) => stalledMilliseconds(file) !== undefined)
  }

  get isKnown(): boolean {
    return this.#file !== undefined
  }

  /**
   * @param now in milliseconds of any clock that does not jump
   * @returns in which share of the time since it was last asked all processes that had work waited for memory; undefined when that is not known
   */
  stalledShare(now: number = performance.now()): number | undefined {
    const stalled = this.#file === undefined ? undefined : stalledMilliseconds(this.#file)
    const last = this.#last
    this.#last = stalled === undefined ? undefined : { time: now, stalled }
    if (stalled === undefined || last === undefined || now <= last.time) return undefined
    return Math.min(1, Math.max(0, stalled - last.stalled) / (now - last.time))
  }
}

function ofCgroup(): string[] {
  const own = ownCgroups().find(({ version }) => version === 'v2')
  return own === undefined ? [] : [join(own.directory, 'memory.pressure')]
}

/** The counter of `full`; the averages beside it take ten seconds to forget. */
function stalledMilliseconds(file: string): number | undefined {
  // ENOENT: not there. EOPNOTSUPP: off.
  const total = /^full .*\btotal=(\d+)$/m.exec(attempt(() => read(file)) ?? '')?.[1]
  return total === undefined ? undefined : Number(total) / MICROSECONDS
}

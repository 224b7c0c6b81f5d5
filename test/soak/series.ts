/** What is looked at, in the order of table and chart. */

export interface Series {
  /** In samples. */
  readonly name: string
  readonly title: string
  readonly unit: 'count' | 'bytes'
  readonly bound: Bound
  /** As many pods fill its caches; a shorter soak cannot tell. */
  readonly warmUpPods?: number
}

/** How much it may rise. */
export interface Bound {
  /** In its unit for each 1,000 pods: what would be a leak if it were more. */
  readonly perThousand: number
  /** And once, however many pods there are: how exact the figure is. */
  readonly once: number
  /** What Vitest itself keeps, which is what the same work with `forks` shows, comes on top. */
  readonly aboveForks: boolean
  readonly because: string
}

const KiB = 1024
const MiB = 1024 * KiB

const NOTHING: Bound = { perThousand: 0, once: 0, aboveForks: false, because: 'what a pod has is gone with it' }

/** One page, over 10,000 pods, is less than a byte for each. */
const ONE_PAGE: Bound = { ...NOTHING, once: 4 * KiB, because: 'nothing is kept of a pod, and memory comes in pages' }

/** What has been freed counts while it lies in a slab of a processor, and others have containers too. */
const kernel = (once: number): Bound => ({ ...NOTHING, once, because: 'slabs of each processor, and what others do' })

export const series: readonly Series[] = [
  { name: 'main.descriptors', title: 'descriptors of main', unit: 'count', bound: NOTHING },
  { name: 'zygote.descriptors', title: 'descriptors of zygote', unit: 'count', bound: NOTHING },
  { name: 'launcher.descriptors', title: 'descriptors of launcher', unit: 'count', bound: NOTHING },
  { name: 'janitor.descriptors', title: 'descriptors of janitor', unit: 'count', bound: NOTHING },
  {
    name: 'heap',
    title: 'heap of main after GC',
    unit: 'bytes',
    bound: {
      perThousand: 100 * KiB,
      once: 2 * MiB,
      aboveForks: true,
      because: 'a pod that was kept would take kilobytes',
    },
  },
  {
    name: 'main.memory',
    title: 'memory of main',
    unit: 'bytes',
    bound: { perThousand: 100 * KiB, once: 16 * MiB, aboveForks: true, because: 'allocators keep what has been freed' },
    warmUpPods: 1000,
  },
  {
    name: 'zygote.memory',
    title: 'memory of zygote',
    unit: 'bytes',
    bound: ONE_PAGE,
  },
  { name: 'launcher.memory', title: 'memory of launcher', unit: 'bytes', bound: ONE_PAGE },
  { name: 'janitor.memory', title: 'memory of janitor', unit: 'bytes', bound: ONE_PAGE },
  { name: 'processes', title: 'processes', unit: 'count', bound: NOTHING },
  { name: 'zombies', title: 'zombies', unit: 'count', bound: NOTHING },
  { name: 'cgroups', title: 'cgroups of the run', unit: 'count', bound: NOTHING },
  { name: 'networks', title: 'network namespaces', unit: 'count', bound: NOTHING },
  { name: 'mounts', title: 'mounts of the host', unit: 'count', bound: NOTHING },
  { name: 'temporary', title: 'temporary files', unit: 'count', bound: NOTHING },
  { name: 'shm', title: 'files in /dev/shm', unit: 'count', bound: NOTHING },
  { name: 'kernel.memoryCgroups', title: 'memory cgroups, dying ones too', unit: 'count', bound: kernel(32) },
  { name: 'kernel.networks', title: 'network namespaces in the kernel', unit: 'count', bound: kernel(32) },
  { name: 'kernel.mounts', title: 'mounts in the kernel', unit: 'count', bound: kernel(256) },
]

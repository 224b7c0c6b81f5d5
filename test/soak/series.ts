/** What is looked at, in the order of table and chart. */

export interface Series {
  /** In samples. */
  readonly name: string
  readonly title: string
  readonly unit: 'count' | 'bytes'
  readonly bound: Bound
}

/** How much it may rise, in its unit, for each 1,000 pods; what Vitest itself keeps with `forks` comes on top where it says so. */
export interface Bound {
  readonly perThousand: number
  readonly aboveForks: boolean
  readonly because: string
}

const NOTHING: Bound = {
  perThousand: 0,
  aboveForks: false,
  because: 'counted: what a pod has is gone with it',
}

const ofProgram: Bound = {
  perThousand: 0,
  aboveForks: false,
  because: 'written in C, and keeps nothing of a container',
}

const KiB = 1024

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
      perThousand: 200 * KiB,
      aboveForks: true,
      because: '200 bytes a pod: less than the smallest object that one has',
    },
  },
  {
    name: 'main.memory',
    title: 'memory of main',
    unit: 'bytes',
    bound: { perThousand: 1024 * KiB, aboveForks: true, because: 'the allocators of Node keep what has been freed' },
  },
  {
    name: 'zygote.memory',
    title: 'memory of zygote',
    unit: 'bytes',
    bound: { ...ofProgram, because: 'it only forks, in C' },
  },
  { name: 'launcher.memory', title: 'memory of launcher', unit: 'bytes', bound: ofProgram },
  { name: 'janitor.memory', title: 'memory of janitor', unit: 'bytes', bound: ofProgram },
  { name: 'processes', title: 'processes', unit: 'count', bound: NOTHING },
  { name: 'zombies', title: 'zombies', unit: 'count', bound: NOTHING },
  { name: 'cgroups', title: 'cgroups of the run', unit: 'count', bound: NOTHING },
  { name: 'networks', title: 'network namespaces', unit: 'count', bound: NOTHING },
  { name: 'mounts', title: 'mounts of the host', unit: 'count', bound: NOTHING },
  { name: 'temporary', title: 'temporary files', unit: 'count', bound: NOTHING },
  { name: 'shm', title: 'files in /dev/shm', unit: 'count', bound: NOTHING },
  { name: 'kernel.memoryCgroups', title: 'memory cgroups, dying ones too', unit: 'count', bound: NOTHING },
  { name: 'kernel.networks', title: 'network namespaces in the kernel', unit: 'count', bound: NOTHING },
  { name: 'kernel.mounts', title: 'mounts in the kernel', unit: 'count', bound: NOTHING },
]

import type { Milliseconds } from '../runtime/units.ts'
import { type Amounts, dominantShare } from './node-resources.ts'

/** A test file that is about to run. */
export interface Planned {
  /** Files of different sections never change places: Vitest runs them one section after the other. */
  readonly section: unknown
  /** Undefined for what is not ours to admit: files of other pools, and those that cannot run at all. */
  readonly requests: Amounts | undefined
  /** How long it took in earlier runs. */
  readonly duration: Milliseconds | undefined
}

/**
 * The order in which files that do not all fit at once are best begun: the largest first (longest processing time first, Graham 1969),
 * where the size of a file is its share of the node for the time that it holds it. What is small fills the gaps at the end.
 * @param workers how many of them Vitest begins at once
 * @returns them as they came when any `workers` of them fit together: then Vitest's order has no need of another
 */
export function largestFirst<T extends Planned>(files: readonly T[], node: Amounts, workers: number): T[] {
  if (!overcommits(files, node, workers)) return [...files]
  const sizes = sizesOf(files, node)
  const sections = new Map<unknown, T[]>()
  for (const file of files) sections.set(file.section, [...(sections.get(file.section) ?? []), file])
  return [...sections.values()].flatMap((section) =>
    section.toSorted((a, b) => (sizes.get(b) ?? 0) - (sizes.get(a) ?? 0)),
  )
}

function overcommits(files: readonly Planned[], node: Amounts, workers: number): boolean {
  return (['memory', 'cpu'] as const).some((resource) => {
    const largest = files.map(({ requests }) => requests?.[resource] ?? 0).toSorted((a, b) => b - a)
    return largest.slice(0, workers).reduce((sum, amount) => sum + amount, 0) > node[resource]
  })
}

/** A file of which nobody knows how long it takes is taken for one that takes as long as most do. */
function sizesOf(files: readonly Planned[], node: Amounts): Map<Planned, number> {
  const known = files.flatMap(({ duration }) => duration ?? []).toSorted((a, b) => a - b)
  const typical = known[Math.floor(known.length / 2)] ?? 1
  return new Map(
    files.map((file) => {
      const { requests, duration = typical } = file
      return [file, requests === undefined ? 0 : dominantShare(requests, node) * duration]
    }),
  )
}

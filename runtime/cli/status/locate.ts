import { existsSync } from 'node:fs'
import path from 'node:path'
import { MydockerError } from '../../errors.ts'
import { show } from '../../show.ts'
import { stateDirectory } from '../../status/state.ts'
import { readRuns, type StoredRun } from '../../status/stored-runs.ts'

/** Flags by which a run is found. */
export interface RunChoice {
  readonly cacheDir?: string | undefined
  readonly run?: string | undefined
}

export interface FoundRuns {
  /** Newest first, at least one. */
  readonly runs: readonly StoredRun[]
  /** The one that was asked for, or the newest. */
  readonly chosen: StoredRun
  /** Where they are. */
  readonly directory: string
}

/** Vitest's cache directory below a package, where its configuration does not say otherwise. */
const DEFAULT_CACHE = 'node_modules/.vite/vitest'

/**
 * Finds the runs of the project that we are in.
 * @throws MydockerError stage `status`: there are none, or not the one that was asked for
 */
export async function findRuns({ cacheDir, run }: RunChoice): Promise<FoundRuns> {
  const cache = cacheDir === undefined ? nearestCache(process.cwd()) : path.resolve(cacheDir)
  const directory = stateDirectory(cache).runs
  const runs = await readRuns(directory)
  const [newest] = runs
  if (newest === undefined) {
    throw new MydockerError({
      stage: 'status',
      message: 'no run has been recorded',
      path: directory,
      hint:
        cacheDir === undefined
          ? "Run Vitest with the pool mydocker in this project; where its configuration sets Vite's cacheDir, name --cache-dir CACHEDIR/vitest."
          : `Name the directory that Vitest keeps its cache in, by default ${DEFAULT_CACHE}: --cache-dir ${DEFAULT_CACHE}`,
    })
  }
  const chosen = run === undefined ? newest : runs.find(({ report }) => report.run.id === run)
  if (chosen !== undefined) return { runs, chosen, directory }
  throw new MydockerError({
    stage: 'status',
    message: `there is no run ${show(run)}`,
    path: directory,
    hint: `The runs are: ${runs.map(({ report }) => report.run.id).join(', ')}`,
  })
}

/** Of the nearest package upwards that has runs; otherwise of the nearest package. */
function nearestCache(from: string): string {
  const directories = [from]
  for (let above = path.dirname(from); above !== directories.at(-1); above = path.dirname(above))
    directories.push(above)
  const caches = directories.map((directory) => path.join(directory, DEFAULT_CACHE))
  const used = caches.find((cache) => existsSync(stateDirectory(cache).runs))
  const nearest = directories.find((directory) => existsSync(path.join(directory, 'package.json'))) ?? from
  return used ?? path.join(nearest, DEFAULT_CACHE)
}

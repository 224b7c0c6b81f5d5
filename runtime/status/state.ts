import { join } from 'node:path'

/** What runs leave for later ones and for the `mydocker` command. */
export interface StateDirectory {
  readonly root: string
  /** One RunReport for each of the last runs, named after its id; that of a run that goes on is replaced as things happen. */
  readonly runs: string
  /** What files needed in earlier runs. */
  readonly history: string
  /** Lower layers that services made once. */
  readonly templates: string
  /** The runs of the last sweeps for flaky tests. */
  readonly sweeps: string
}

/** @param cacheDirectory Vitest's own (`node_modules/.vite/vitest` by default), which all projects share */
export function stateDirectory(cacheDirectory: string): StateDirectory {
  const root = join(cacheDirectory, '.mydocker')
  return {
    root,
    runs: join(root, 'runs'),
    history: join(root, 'history.json'),
    templates: join(root, 'templates'),
    sweeps: join(root, 'sweeps'),
  }
}

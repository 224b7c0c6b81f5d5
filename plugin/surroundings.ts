import { mkdirSync } from 'node:fs'
import type { PoolOptions, TestProject } from 'vitest/node'
import { packageDirectory } from '../runtime/package.ts'
import { listenersOfProcessTree } from '../runtime/ports.ts'
import type { Milliseconds } from '../runtime/units.ts'
import type { Surroundings } from './container-spec.ts'
import { moduleDirectories, ownServerPorts } from './vitest.ts'
import { modulesAbove, workspaceRoot } from './workspace.ts'

/**
 * The suite's own servers are there when its first file begins, but for some that start later. To look for them costs milliseconds
 * of the main thread, which every file would wait for.
 */
const LISTENERS_VALID: Milliseconds = 500

type Known = Omit<Surroundings, 'name' | 'env' | 'execArgv'>

/** What the containers of a project have around them besides what their files ask for. */
export class ProjectSurroundings {
  readonly #known = new Map<TestProject, { readonly around: Known; readonly seen: Milliseconds }>()
  readonly #removeAtDeath: (directory: string) => void

  constructor(removeAtDeath: (directory: string) => void) {
    this.#removeAtDeath = removeAtDeath
  }

  /** To be called when a run begins: everything may have changed. */
  forget(): void {
    this.#known.clear()
  }

  of(options: PoolOptions): Omit<Surroundings, 'name'> {
    const { project, execArgv, env } = options
    const known = this.#known.get(project)
    const now = performance.now()
    if (known !== undefined && now - known.seen < LISTENERS_VALID) return { ...known.around, execArgv, env }
    const around = known === undefined ? this.#look(options) : { ...known.around, suitePorts: suitePorts(project) }
    this.#known.set(project, { around, seen: now })
    return { ...around, execArgv, env }
  }

  #look({ project, distPath }: PoolOptions): Known {
    const { temporary, moduleCache } = moduleDirectories(project)
    const shared = [...temporary, ...moduleCache]
    // A bind mount needs its source; Vitest makes these when it first writes to them.
    for (const directory of shared) mkdirSync(directory, { recursive: true })
    // Vitest removes its own when it is closed, but not when it is killed.
    for (const directory of temporary) this.#removeAtDeath(directory)
    const { root } = project.config
    return {
      configuredEnv: configuredVariables(project),
      visible: [
        root,
        workspaceRoot(root),
        distPath,
        packageDirectory,
        ...[root, distPath, packageDirectory].flatMap(modulesAbove),
      ],
      shared,
      suitePorts: suitePorts(project),
    }
  }
}

/** Names of the variables in `test.env`, Vitest's own and the project's. */
export function configuredVariables(project: TestProject): ReadonlySet<string> {
  const configured = [project.vitest.config, project.config]
  return new Set(configured.flatMap(({ env }) => Object.keys(env ?? {})))
}

function suitePorts(project: TestProject): Known['suitePorts'] {
  const own = new Set(ownServerPorts(project.vitest))
  return listenersOfProcessTree(process.pid).filter(({ port }) => !own.has(port))
}

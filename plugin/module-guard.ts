import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import { isWithin } from '../runtime/mountinfo.ts'
import { OWN } from '../runtime/rootfs.ts'
import type { ContainerSpec } from '../runtime/spec.ts'
import { guardModules } from './vitest.ts'

/**
 * Vite reads modules for test files, outside of their containers. What it reads in the places that containers have to themselves is
 * what the host has there: its `/tmp`, and in `/proc` the environment of every process of the user. Test files are not to see that, and
 * what they have written there themselves is meant when they import it.
 */
export class ModuleGuard {
  readonly #guarded = new WeakSet<TestProject>()
  /** Directories that containers show although they are in such a place, and where those really are. */
  readonly #visible = new Set<string>()

  /** To be called before a container is made: what the configuration has main load for itself is loaded by then. */
  watch(project: TestProject, { visible, volumes }: Pick<ContainerSpec, 'visible' | 'volumes'>): void {
    for (const directory of [...visible, ...volumes.map(({ mountPath }) => mountPath)]) this.#show(directory)
    if (this.#guarded.has(project)) return
    this.#guarded.add(project)
    guardModules(project, (id) => this.#refuse(id))
  }

  #show(directory: string): void {
    if (this.#visible.has(directory)) return
    this.#visible.add(directory)
    this.#visible.add(realPath(directory) ?? directory)
  }

  /** @throws Error for the id of a module that is not to be read; the worker takes it for one that is not there */
  #refuse(id: string): void {
    const path = pathOf(id)
    const real = path === undefined ? undefined : realPath(path)
    const place = real === undefined ? undefined : OWN.find((own) => isWithin(real, own))
    if (real === undefined || place === undefined) return
    if ([...this.#visible].some((directory) => isWithin(real, directory))) return
    throw new Error(
      `Cannot find module '${path}': a container has a ${place} of its own. Name the directory in \`volumes\` if it is to be seen.`,
    )
  }
}

/** The file that Vite would read for an id: virtual modules have none. */
function pathOf(id: string): string | undefined {
  const file = id.replace(/[?#].*$/, '')
  if (file.startsWith('file://')) return fileURLToPath(file)
  if (file.startsWith('/@fs/')) return file.slice('/@fs'.length)
  return file.startsWith('/') ? file : undefined
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}

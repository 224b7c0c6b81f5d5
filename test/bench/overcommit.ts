import { readdir, readFile, rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openCgroups, runName } from '../../runtime/cgroup/index.ts'
import { messageOf } from '../../runtime/errors.ts'
import type { Files } from '../support/project.ts'
import { nodeInCgroup, peaks, readHeld } from '../support/small-node.ts'
import type { Installation } from './installation.ts'
import { makeProject } from './project.ts'
import type { Overcommit } from './results.ts'
import { timedVitest } from './vitest-run.ts'

const MIB = 2 ** 20
const example = fileURLToPath(new URL('../../examples/overcommit', import.meta.url))
/** What the example speaks of. */
const NODE_BYTES = 2048 * MIB
/** Without what is Vitest's own (plugin/allocatable.ts). */
const ALLOCATABLE_BYTES = 1536 * MIB
/** All at once, as far as they fit; or one after the other. */
const WORKERS = [8, 1]

export interface OvercommitOptions {
  readonly rounds: number
  readonly onProgress: (line: string) => void
}

/** Runs the example whose files ask for more memory than there is, in a cgroup that is as small as the machine that it speaks of. */
export async function measureOvercommit(installation: Installation, options: OvercommitOptions): Promise<Overcommit[]> {
  const contents = await filesOf(example)
  const files = Object.keys(contents).filter((name) => name.endsWith('.test.ts')).length
  await using project = await makeProject(installation, contents)
  const cgroups = openCgroups({ runName: runName(), strict: true, onEvent: () => {} })
  try {
    const cgroup = cgroups.create('node', { memory: NODE_BYTES })
    const node = await nodeInCgroup(installation.node, cgroup, project.path('.node'))
    const small = { ...project, installation: { ...installation, node } }
    const { vitest } = installation.platform
    const setting = { vitest, node: String(installation.platform.node), files, allocatableBytes: ALLOCATABLE_BYTES }
    const results = WORKERS.map(
      (workers): Overcommit => ({ ...setting, workers, samples: [], mostBytes: 0, oomKills: 0 }),
    )
    const profile = project.path('.profile')
    for (let round = 0; round < options.rounds; round++)
      for (const result of results) {
        if (result.error !== undefined) continue
        const { workers } = result
        try {
          await rm(profile, { force: true })
          const pool = { name: 'mydocker-zygote', configFile: 'vitest.config.ts', config: '', args: [] } as const
          result.samples.push(
            await timedVitest(small, pool, { tests: files, workers, env: { MYDOCKER_PROFILE: profile } }),
          )
          result.mostBytes = Math.max(result.mostBytes, peaks(await readHeld(profile)).memory)
          result.oomKills = cgroup.usage().oomKills
        } catch (error) {
          result.error = messageOf(error)
        }
        options.onProgress(
          `overcommit, ${workers} workers: ${result.error ?? `${result.samples.at(-1)?.wallSeconds.toFixed(2)} s`}`,
        )
      }
    return results
  } finally {
    await cgroups.close()
  }
}

async function filesOf(directory: string): Promise<Files> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name))
  return Object.fromEntries(
    await Promise.all(paths.map(async (path) => [relative(directory, path), await readFile(path, 'utf8')])),
  )
}

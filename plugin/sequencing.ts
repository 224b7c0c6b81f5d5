import { relative } from 'node:path'
import type { TestSpecification } from 'vitest/node'
import { largestFirst } from './file-order.ts'
import { POOL_NAME } from './names.ts'
import type { Amounts } from './node-resources.ts'
import type { Run } from './run.ts'
import { maxWorkers } from './vitest.ts'

/** Puts the files of a run, in the order that Vitest has given them, into that in which they are best admitted. */
export function bestOrder(run: Run, files: readonly TestSpecification[]): TestSpecification[] {
  const planned = files.map((specification) => {
    const { project, moduleId, pool } = specification
    return {
      specification,
      section: project,
      requests: pool === POOL_NAME ? requestsOf(run, specification) : undefined,
      duration: run.history.duration(project.name, relative(project.config.root, moduleId)),
    }
  })
  const workers = Math.max(0, ...[...new Set(files.map(({ project }) => project))].map(maxWorkers))
  return largestFirst(planned, run.options.allocatable, workers).map(({ specification }) => specification)
}

/** @returns undefined for a file that cannot run: what is wrong with it is told when its turn comes */
function requestsOf(run: Run, { project, moduleId }: TestSpecification): Amounts | undefined {
  try {
    const { memory, cpu = 0 } = run.options.podSpec(project, moduleId).requests
    return { memory, cpu }
  } catch {
    return undefined
  }
}

import { openCgroups, runName } from '../../runtime/cgroup/index.ts'
import { MydockerError } from '../../runtime/errors.ts'
import type { ResourceLimits } from '../../runtime/spec.ts'

/** @returns why limits of that kind cannot be enforced here by whoever runs this; undefined when they can */
export async function whyUnenforceable(limits: ResourceLimits): Promise<MydockerError | undefined> {
  try {
    const cgroups = openCgroups({ runName: runName(), strict: true, onEvent: () => {} })
    try {
      await cgroups.create('flaky', limits).remove()
    } finally {
      await cgroups.close()
    }
    return undefined
  } catch (error) {
    if (error instanceof MydockerError) return error
    throw error
  }
}

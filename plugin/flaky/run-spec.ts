import type { Millicores } from '../../runtime/units.ts'
import { MILLICORES, type PodSpec } from '../pod-spec.ts'
import type { RunConditions } from './types.ts'

/** A test that never ends must not hold up a sweep; with a tenth of a core, all takes ten times as long. */
const DEADLINE_SECONDS = 120
/** What a run is admitted by at least: a container's start and end are not within its CPU limit. */
const LEAST_CPU_REQUEST: Millicores = 100

/** What the container of one run is to be: as the project wants it, but for what the conditions say and what would join one run with another. */
export function podSpecFor(spec: PodSpec, { memory, cpu, seed, clock }: RunConditions): PodSpec {
  const limits = {
    ...spec.limits,
    ...(memory === undefined ? {} : { memory }),
    ...(cpu === undefined ? {} : { cpu }),
  }
  // Files that wait for time to pass need no core, but what they do is not to depend on what else runs.
  const cpuRequest = Math.max(LEAST_CPU_REQUEST, Math.min(limits.cpu ?? MILLICORES, MILLICORES))
  return {
    ...spec,
    limits,
    requests: { memory: Math.min(spec.requests.memory, limits.memory), cpu: cpuRequest },
    seed: seed ?? spec.seed,
    clock,
    persist: [],
    restartPolicy: 'Never',
    activeDeadlineSeconds: spec.activeDeadlineSeconds ?? DEADLINE_SECONDS,
  }
}

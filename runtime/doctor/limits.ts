import { openCgroups, runName } from '../cgroup/index.ts'
import type { Cgroups } from '../cgroup/types.ts'
import { MydockerError } from '../errors.ts'
import { readMounts } from '../mountinfo.ts'
import { formatBytes, formatCpu } from '../quantity.ts'
import type { ResourceLimits } from '../spec.ts'
import { runScript } from './containers.ts'
import { cureFor } from './cures.ts'
import type { Host } from './host.ts'
import type { Finding } from './report.ts'

/** Small, and enough for a shell with two small programs. */
const MEMORY = 32 * 2 ** 20
const PIDS = 64
const CPU = 500

/** A limit written to a cgroup of our own and read back from it. */
export async function memoryLimit(host: Host): Promise<Finding> {
  return await tryLimit(host, { memory: MEMORY }, ({ version }) => {
    const unified = readMounts().some(({ fsType }) => fsType === 'cgroup2')
    const where = version === 'v1' && unified ? 'cgroup v1 (hybrid)' : `cgroup ${version}`
    const detail = `by ${where}: ${formatBytes(MEMORY)} written and read back`
    return { status: 'ok', detail, gives: `memory limits by ${where}` }
  })
}

/** A container that uses more than its limit: it must be killed, and that must be known for the reason. */
export async function oomVerdict(host: Host): Promise<Finding> {
  if ((await host.engine()).cgroupVersion === 'none') return { status: 'skipped', detail: 'needs a memory limit' }
  const { status } = await runScript(host, HOG, [], { limits: { memory: MEMORY } })
  const { reason, peakMemory, exitCode } = status
  if (reason !== 'OOMKilled') {
    return {
      status: 'degraded',
      detail: `a hog of 64Mi in ${formatBytes(MEMORY)} ended with ${reason}, exit status ${exitCode}`,
    }
  }
  const peak = peakMemory === undefined ? '' : ` at a peak of ${formatBytes(peakMemory)}`
  return { status: 'ok', detail: `a hog was killed${peak}, and is known to be OOMKilled` }
}

export async function pidsLimit(host: Host): Promise<Finding> {
  return await tryLimit(host, { pids: PIDS }, () => ({ status: 'ok', detail: `${PIDS} written and read back` }))
}

export async function cpuLimit(host: Host): Promise<Finding> {
  return await tryLimit(host, { cpu: CPU }, () => ({ status: 'ok', detail: `${formatCpu(CPU)} written and read back` }))
}

/** tail(1) keeps in memory what it is to show of a pipe. Bounded, should the limit not hold. */
const HOG = 'head -c 67108864 /dev/zero | tail -c 67108864 >/dev/null'

/** Containers do without a limit that cannot be enforced, unless `strict`: it is degraded, never missing. */
async function tryLimit(host: Host, limits: ResourceLimits, found: (cgroups: Cgroups) => Finding): Promise<Finding> {
  const cgroups = orError(() => openCgroups({ runName: runName(), strict: true, onEvent: () => {} }))
  if (cgroups instanceof MydockerError)
    return limits.memory === undefined
      ? { status: 'skipped', detail: 'needs a memory limit' }
      : degraded(host, limits, cgroups)
  try {
    const cgroup = orError(() => cgroups.create('doctor', limits))
    if (cgroup instanceof MydockerError) return degraded(host, limits, cgroup)
    await cgroup.remove()
    return found(cgroups)
  } finally {
    await cgroups.close()
  }
}

function degraded(host: Host, limits: ResourceLimits, error: MydockerError): Finding {
  const cure = cureFor(error, host.facts)
  return { status: 'degraded', detail: error.summary, cure, gives: `no ${Object.keys(limits)} limits` }
}

function orError<T>(call: () => T): T | MydockerError {
  try {
    return call()
  } catch (error) {
    if (error instanceof MydockerError) return error
    throw error
  }
}

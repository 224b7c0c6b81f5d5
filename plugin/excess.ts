import type { Event } from '../runtime/event.ts'
import { formatCpu } from '../runtime/quantity.ts'
import type { ContainerStatus, ResourceLimits } from '../runtime/spec.ts'

/** Prometheus' alert CPUThrottlingHigh of the Kubernetes mixin has this share of the periods too. */
const MUCH_THROTTLED = 0.25

/** What a limit may have to do with the failure of a file: the test itself has seen EAGAIN, or that time had passed. */
export function excesses(
  file: string,
  limits: Pick<ResourceLimits, 'cpu' | 'pids'>,
  { pidsRefused = 0, throttledShare = 0, throttledMicroseconds = 0 }: ContainerStatus,
): Event[] {
  const events: Event[] = []
  const warn = (reason: string, message: string): void => void events.push({ type: 'Warning', reason, message })
  if (limits.pids !== undefined && pidsRefused > 0)
    warn(
      'PidsLimitReached',
      `${file} had ${limits.pids} processes and threads, its limit, and was refused ${pidsRefused} more (EAGAIN). Raise it with resources.limits.pids, in an override, or with // @mydocker limits.pids=${2 * limits.pids} in the file`,
    )
  if (limits.cpu !== undefined && throttledShare >= MUCH_THROTTLED)
    warn(
      'CPUThrottled',
      `${file} wanted more than its CPU limit ${formatCpu(limits.cpu)} in ${Math.round(throttledShare * 100)} % of its time and was held up for ${(throttledMicroseconds / 1e6).toFixed(1)} s. Raise it with resources.limits.cpu, in an override, or with // @mydocker limits.cpu=${formatCpu(2 * limits.cpu)} in the file`,
    )
  return events
}

import { formatBytes } from '../runtime/quantity.ts'
import type { Attempt } from '../runtime/status/types.ts'
import type { Bytes } from '../runtime/units.ts'
import { LEAST_MEMORY } from './option-resources.ts'
import type { PodSpec } from './pod-spec.ts'

/** What the next attempt is to have above the peak of the one that was enough. */
const MARGIN = 1.15
const MIB: Bytes = 2 ** 20

/**
 * @param failed the attempt that the next one follows
 * @param most memory that a limit can be raised to
 * @returns what the next attempt is to be
 */
export function nextSpec(spec: PodSpec, failed: Pick<Attempt, 'reason'>, most: Bytes): PodSpec {
  const { memoryBackoff, limits, requests } = spec
  if (failed.reason !== 'OOMKilled' || memoryBackoff === undefined) return spec
  const memory = Math.max(limits.memory, Math.min(Math.ceil(limits.memory * memoryBackoff), most))
  // Guaranteed stays Guaranteed.
  const request = requests.memory === limits.memory ? memory : requests.memory
  return { ...spec, limits: { ...limits, memory }, requests: { ...requests, memory: request } }
}

/** What to say of a file that has passed with a limit that was raised for it. */
export function enoughSentence(file: string, first: Bytes, { memoryLimit, peakMemory }: Attempt): string {
  const limit = memoryLimit === undefined ? '' : ` with ${formatBytes(memoryLimit)}`
  const killed = `${file} was OOM killed with limits.memory ${formatBytes(first)} and has passed${limit}`
  if (peakMemory === undefined) return killed
  const enough = formatBytes(Math.max(LEAST_MEMORY, Math.ceil((peakMemory * MARGIN) / MIB) * MIB))
  return `${killed} (peak ${formatBytes(peakMemory)}); ${enough} would have been enough: // @mydocker limits.memory=${enough}`
}

/** @param failed the attempt that the next one follows */
export function restartSentence({ number, reason, message }: Attempt, spec: PodSpec, next: PodSpec): string {
  const raised =
    next.limits.memory === spec.limits.memory
      ? ''
      : `, with limits.memory raised from ${formatBytes(spec.limits.memory)} to ${formatBytes(next.limits.memory)}`
  return `attempt ${number} of ${spec.backoffLimit + 1} failed (${reason}: ${message}); the file runs again in a fresh container${raised}`
}

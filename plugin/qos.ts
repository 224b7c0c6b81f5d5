import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import type { QosClass } from '../runtime/status/types.ts'
import type { Bytes, Millicores } from '../runtime/units.ts'

/** What the user has set. Defaults of ours do not count: they say nothing about how much a file matters. */
export interface SetResources {
  readonly requests: { readonly memory?: Bytes | undefined; readonly cpu?: Millicores | undefined }
  readonly limits: { readonly memory?: Bytes | undefined; readonly cpu?: Millicores | undefined }
}

/**
 * https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/, but for one thing: there a request that is not set is the limit, here it is
 * what the file needed before. So both have to be set for `Guaranteed`.
 */
export function qosClass({ requests, limits }: SetResources): QosClass {
  const all = [requests.memory, requests.cpu, limits.memory, limits.cpu]
  if (all.every((value) => value === undefined)) return 'BestEffort'
  const isGuaranteed =
    all.every((value) => value !== undefined) && requests.memory === limits.memory && requests.cpu === limits.cpu
  return isGuaranteed ? 'Guaranteed' : 'Burstable'
}

/** Of a pod that the kernel is to kill last, in Kubernetes (pkg/kubelet/qos/policy.go). */
const GUARANTEED_SCORE = -997
const MOST_SCORE = 1000
/**
 * Pods are this much sooner killed than Vitest, in thousandths of the machine's memory: to lose a file is better than to lose the run.
 * Kubernetes puts itself below all pods as well, for which Vitest would need privileges.
 */
const ABOVE_VITEST = 100

/**
 * How soon a pod's processes are killed when the machine has no memory left (proc_pid_oom_score_adj(5)), by Kubernetes' formula
 * (GetContainerOOMScoreAdjust), raised to above our own: an unprivileged process can only raise it.
 * @param memory that the user has asked for
 */
export function oomScoreAdjust(
  qos: QosClass,
  memory: Bytes,
  machine: { readonly memory: Bytes; readonly ownScore: number } = thisMachine(),
): number {
  return Math.min(MOST_SCORE, Math.max(byClass(qos, memory, machine.memory), machine.ownScore + ABOVE_VITEST))
}

function byClass(qos: QosClass, memory: Bytes, capacity: Bytes): number {
  if (qos === 'Guaranteed') return GUARANTEED_SCORE
  if (qos === 'BestEffort') return MOST_SCORE
  const score = MOST_SCORE - Math.floor((MOST_SCORE * memory) / capacity)
  // More than a pod that is guaranteed, less than one that has asked for nothing.
  return Math.min(MOST_SCORE - 1, Math.max(MOST_SCORE + GUARANTEED_SCORE, score))
}

function thisMachine(): { memory: Bytes; ownScore: number } {
  return { memory: totalmem(), ownScore: Number(readFileSync('/proc/self/oom_score_adj', 'utf8')) }
}

import { relative } from 'node:path'
import type { PoolOptions } from 'vitest/node'
import type { Container } from '../runtime/container.ts'
import { messageOf } from '../runtime/errors.ts'
import type { ContainerStatus } from '../runtime/spec.ts'
import type { AttemptRecord } from './attempt-record.ts'
import { deniedSentence, leftBehindSentence } from './death.ts'
import { excesses } from './excess.ts'
import type { HermeticAudit } from './hermetic.ts'
import { persist, persistPolicy } from './persist.ts'
import type { Pod } from './pod.ts'
import type { PodRecord } from './pod-record.ts'
import type { PodSpec } from './pod-spec.ts'
import type { Run } from './run.ts'

/** A pod whose processes have ended. */
export interface EndedPod {
  readonly run: Run
  readonly options: PoolOptions
  readonly spec: PodSpec
  readonly container: Container
  readonly worker: Pick<Pod, 'failedConnections' | 'openedPorts'>
  readonly record: PodRecord
  readonly attempt: AttemptRecord
  readonly audit: HermeticAudit | undefined
  readonly status: ContainerStatus
  /** Whether its worker has torn down and said so. */
  readonly hasStopped: boolean
  /** Files that ran in it. */
  readonly files: number
  /** When it was admitted, in milliseconds since the epoch. */
  readonly admittedTime: number
}

/** Keeps what is to survive a pod, removes its container, and notes what there is to say of it. Never rejects. */
export async function settle(ended: EndedPod): Promise<void> {
  const { options, spec, container, worker, record, attempt, status } = ended
  const file = relative(options.project.config.root, spec.file)
  const warn = (reason: string, message: string): void => record.event({ type: 'Warning', reason, message })
  const leftBehind = ended.hasStopped ? status.leftBehind : []
  try {
    for (const problem of await persist(container, persistPolicy(options, spec))) warn('PersistFailed', problem)
    await conclude(ended, leftBehind)
    await container.remove()
  } catch (error) {
    warn('CleanupFailed', `${spec.file}: ${messageOf(error)}`)
  }
  const hasFailed = attempt.attempt.outcome === 'failed'
  if (hasFailed && status.deniedCalls.length > 0) warn('SyscallDenied', deniedSentence(file, status.deniedCalls))
  if (hasFailed) for (const excess of excesses(file, spec.limits, status)) record.event(excess)
  for (const process of leftBehind) warn('LeftBehind', leftBehindSentence(file, ended.files, process))
  attempt.fail('Error', 'it was ended before its file was over')
  attempt.ended(status, worker)
  attempt.reach('stopped')
  observe(ended, file)
}

/** While what it has written is still there. */
async function conclude(
  { container, worker, record, attempt, audit }: EndedPod,
  leftBehind: ContainerStatus['leftBehind'],
): Promise<void> {
  const { failedConnections, openedPorts } = worker
  await audit?.conclude({ container, failedConnections, openedPorts, leftBehind })
  if (audit?.warning !== undefined) record.event(audit.warning)
  attempt.hermetic(audit?.findings)
}

/** For later runs, when it has come to its end, or when what it had was too little. Of several files nobody knows whose it was. */
function observe({ run, options, attempt, status, hasStopped, admittedTime }: EndedPod, file: string): void {
  const { name: project, config } = options.project
  const { outcome, reason } = attempt.attempt
  const { peakMemory } = status
  const oomKilled = reason === 'OOMKilled'
  const hasPassed = hasStopped && outcome === 'passed'
  if (!config.isolate || peakMemory === undefined || !(oomKilled || hasPassed)) return
  // Some of its tests (`-t`) may need less than all.
  if (run.vitest.getGlobalTestNamePattern() !== undefined) return
  const duration = Date.now() - admittedTime
  run.history.observe({ project, root: config.root, file, peakMemory, duration, oomKilled })
}

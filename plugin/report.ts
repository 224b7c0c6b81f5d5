import { styleText } from 'node:util'
import type { Reporter, Vitest } from 'vitest/node'
import { formatBytes } from '../runtime/quantity.ts'
import type { Attempt, PodStatus, RunReport } from '../runtime/status/types.ts'
import { FAILURE_EVENTS } from './attempt-record.ts'
import { POOL_NAME } from './names.ts'
import { logStreams } from './vitest.ts'

/** Told by Vitest through its reporters. */
export interface RunListener {
  /** @param files how many test files of ours the run will have */
  begins(files: number): void
  /** Resolves when the pods of the finished run have been removed, with what is known of them. */
  ends(): Promise<RunReport>
}

/**
 * What the user is told at the end of a run, on stderr so that a machine-readable report on stdout stays one: warnings, pods that
 * were killed for their memory, and the pod that needed most of it.
 */
export class Report {
  enabled = true
  readonly #vitest: Vitest
  readonly #listener: RunListener

  constructor(vitest: Vitest, listener: RunListener) {
    this.#vitest = vitest
    this.#listener = listener
  }

  /** Prints when Vitest's own summary has been. */
  get reporter(): Reporter {
    return {
      onTestRunStart: (files) => this.#listener.begins(files.filter(({ pool }) => pool === POOL_NAME).length),
      onTestRunEnd: async () => {
        this.print(await this.#listener.ends())
      },
    }
  }

  print({ events, pods }: RunReport): void {
    const warnings = [...events, ...pods.flatMap((pod) => pod.events)]
      .filter(({ type, reason }) => type === 'Warning' && !TOLD_BY_VITEST.has(reason))
      .map(({ reason, message, count }) => {
        const line = `${reason}: ${message}`
        return styleText('yellow', count === 1 ? line : `${line} (${count} times)`)
      })
    const lines = [...warnings, ...(this.enabled ? memoryLines(pods) : [])]
    if (lines.length === 0) return
    const { stderr } = logStreams(this.#vitest)
    stderr.write(
      `${lines.map((line, index) => `${index === 0 ? '  mydocker  ' : '            '}${line}`).join('\n')}\n\n`,
    )
  }
}

/** Vitest has reported the failures of files by then. */
const TOLD_BY_VITEST = new Set(Object.values(FAILURE_EVENTS))

function memoryLines(pods: readonly PodStatus[]): string[] {
  const ended = pods.flatMap(({ files: [file = ''], attempts }) => attempts.map((attempt) => ({ file, attempt })))
  const containers = ended.filter(({ attempt }) => attempt.times.started !== undefined)
  if (containers.length === 0) return []
  // Other failures have nothing to do with the container's size; Vitest has reported them.
  const killed = ended.filter(({ attempt }) => attempt.reason === 'OOMKilled')
  const lines = killed.map(({ file, attempt }) => styleText('red', `${attempt.reason}: ${file}${memoryOf(attempt)}`))
  const [largest] = containers.toSorted((a, b) => (b.attempt.peakMemory ?? 0) - (a.attempt.peakMemory ?? 0))
  const most =
    largest?.attempt.peakMemory === undefined ? '' : `, most memory: ${largest.file}${memoryOf(largest.attempt)}`
  return [...lines, `${containers.length} ${containers.length === 1 ? 'container' : 'containers'}${most}`]
}

function memoryOf({ peakMemory, memoryLimit }: Attempt): string {
  if (peakMemory === undefined) return ''
  return ` ${formatBytes(peakMemory)}${memoryLimit === undefined ? '' : ` of ${formatBytes(memoryLimit)}`}`
}

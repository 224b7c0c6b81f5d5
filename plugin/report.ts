import { styleText } from 'node:util'
import type { Reporter, Vitest } from 'vitest/node'
import type { Event } from '../runtime/event.ts'
import { formatBytes } from '../runtime/quantity.ts'
import type { ContainerStatus } from '../runtime/spec.ts'
import type { FailureReason } from '../runtime/status/types.ts'
import { POOL_NAME } from './names.ts'
import { logStreams } from './vitest.ts'

/** One pod after its end. */
export interface PodReport {
  /** Test file, relative to its project's root. */
  readonly file: string
  /** Undefined for a pod that did its work to the end. */
  readonly reason: FailureReason | undefined
  readonly status: ContainerStatus
}

/** Told by Vitest through its reporters. */
export interface RunListener {
  /** @param files how many test files of ours the run will have */
  begins(files: number): void
  /** Resolves when the pods of the finished run have been removed. */
  ends(): Promise<void>
}

/**
 * What the user is told at the end of a run, on stderr so that a machine-readable report on stdout stays one: warnings, pods that
 * were killed for their memory, and the pod that needed most of it.
 */
export class Report {
  enabled = true
  readonly #vitest: Vitest
  /** In the order of their first appearance; a host's weakness is the same for all pods and told once. */
  #warnings = new Map<string, number>()
  #pods: PodReport[] = []

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
        await this.#listener.ends()
        this.print()
      },
    }
  }

  event(event: Event): void {
    if (event.type === 'Warning') {
      const line = `${event.reason}: ${event.message}`
      this.#warnings.set(line, (this.#warnings.get(line) ?? 0) + 1)
    }
  }

  podEnded(pod: PodReport): void {
    this.#pods.push(pod)
  }

  /** Prints warnings that no test run ended after, as when Vitest only lists. */
  close(): void {
    this.#pods = []
    this.print()
  }

  print(): void {
    const warnings = [...this.#warnings].map(([line, count]) =>
      styleText('yellow', count === 1 ? line : `${line} (${count} times)`),
    )
    const lines = [...warnings, ...(this.enabled ? memoryLines(this.#pods) : [])]
    this.#warnings.clear()
    this.#pods = []
    if (lines.length === 0) return
    const { stderr } = logStreams(this.#vitest)
    stderr.write(
      `${lines.map((line, index) => `${index === 0 ? '  mydocker  ' : '            '}${line}`).join('\n')}\n\n`,
    )
  }
}

function memoryLines(pods: readonly PodReport[]): string[] {
  if (pods.length === 0) return []
  // Other failures have nothing to do with the container's size; Vitest has reported them.
  const killed = pods.filter(({ reason }) => reason === 'OOMKilled')
  const lines = killed.map(({ file, reason, status }) => styleText('red', `${reason}: ${file}${memoryOf(status)}`))
  const [largest] = pods.toSorted((a, b) => (b.status.peakMemory ?? 0) - (a.status.peakMemory ?? 0))
  const most =
    largest?.status.peakMemory === undefined ? '' : `, most memory: ${largest.file}${memoryOf(largest.status)}`
  return [...lines, `${pods.length} ${pods.length === 1 ? 'container' : 'containers'}${most}`]
}

function memoryOf({ peakMemory, memoryLimit }: ContainerStatus): string {
  if (peakMemory === undefined) return ''
  return ` ${formatBytes(peakMemory)}${memoryLimit === undefined ? '' : ` of ${formatBytes(memoryLimit)}`}`
}

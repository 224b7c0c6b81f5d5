import type { TaskError } from './verdict.ts'
import { at, isRpcRequest, type RpcRequest, type RpcResponse } from './vitest.ts'

/** Calls of a worker by which it reports, in contrast to those by which it asks for something (calls.ts has all). */
const REPORTS = new Set([
  'onQueued',
  'onCollected',
  'onTaskUpdate',
  'onTaskArtifactRecord',
  'onTestBenchmark',
  'onTestModuleDependencies',
  'onUserConsoleLog',
  'onAsyncLeaks',
  'onAfterSuiteRun',
  'onUnhandledError',
  'onCancel',
  'snapshotSaved',
  'writeBenchmarkResult',
])

/**
 * What an attempt reports, kept back until it is known whether it is the one that counts: what Vitest has once printed of a file cannot
 * be taken back.
 */
export class HeldReports {
  #reports: RpcRequest[] = []
  readonly #answer: (response: RpcResponse) => void

  /** @param answer tells the worker what Vitest would have: it waits for that */
  constructor(answer: (response: RpcResponse) => void) {
    this.#answer = answer
  }

  /** @returns whether it has been kept, and so must not be passed on */
  keep(message: unknown): boolean {
    if (!isRpcRequest(message) || !REPORTS.has(message.m)) return false
    this.#reports.push(message)
    // An artifact is returned as it has been recorded; the others return nothing.
    const r = message.m === 'onTaskArtifactRecord' ? message.a[1] : undefined
    if (message.i !== undefined) this.#answer({ t: 's', i: message.i, r })
    return true
  }

  /** Gives each task that has failed one more error. */
  addToFailures(error: TaskError): void {
    this.#reports = this.#reports.map((report) => {
      const [packs, ...rest] = report.a
      if (report.m !== 'onTaskUpdate' || !Array.isArray(packs)) return report
      return { ...report, a: [packs.map((pack) => withError(pack, error)), ...rest] }
    })
  }

  /**
   * Hands everything on, in order, each when Vitest has taken the one before.
   * @param tell says one thing to Vitest, and resolves when it has taken it
   */
  async release(tell: (method: string, ...args: readonly unknown[]) => Promise<void>): Promise<void> {
    const reports = this.#reports
    this.#reports = []
    for (const { m, a } of reports) await tell(m, ...a)
  }
}

/** A suite fails without an error when one of its tests does. */
function withError(pack: unknown, error: TaskError): unknown {
  const [id, result, ...rest] = Array.isArray(pack) ? pack : []
  const errors = at(result, 'errors')
  if (at(result, 'state') !== 'fail' || !Array.isArray(errors)) return pack
  return [id, { ...Object(result), errors: [...errors, error] }, ...rest]
}

import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import PQueue from 'p-queue'
import type { Vitest } from 'vitest/node'
import { type Engine, openEngine } from '../runtime/engine.ts'
import type { Event } from '../runtime/event.ts'
import { type Janitor, startJanitor } from '../runtime/janitor.ts'
import { stateDirectory } from '../runtime/status/state.ts'
import { RunStore } from '../runtime/status/store.ts'
import type { RunReport } from '../runtime/status/types.ts'
import { Containers } from './containers.ts'
import { History } from './history.ts'
import { ProjectOptions } from './project-options.ts'
import { Repeats } from './repeats.ts'
import { Report } from './report.ts'
import { ReportFiles } from './report-files.ts'
import { RunRecord, runId } from './run-record.ts'
import { Scheduler } from './scheduler.ts'
import { sendSpans } from './spans.ts'
import { cacheDirectory, tracingEnabled } from './vitest.ts'
import { within } from './within.ts'

/**
 * Containers that are built at once. Building one is CPU time of the kernel: more than cores only delays the first ones.
 */
const BUILDS_AT_ONCE = Math.max(2, availableParallelism())

/** Pods that Vitest has told to stop are gone by then; below its teardownTimeout of 10 s. */
const IDLE_MS = 7000

/** A pod on its way from creation to removal. */
export interface OpenPod {
  /** Resolves when it has been removed. */
  readonly closed: Promise<void>
  /** Ends and removes it now. */
  close(): Promise<void>
}

/** Everything that the pods of one Vitest instance share. Made when the first of its projects is configured. */
export class Run {
  static readonly #runs = new WeakMap<Vitest, Run>()

  readonly vitest: Vitest
  readonly report: Report
  readonly reportFiles = new ReportFiles()
  readonly history: History
  readonly options: ProjectOptions
  readonly scheduler: Scheduler
  readonly containers = new Containers(this)
  readonly repeats = new Repeats()
  readonly #builds = new PQueue({ concurrency: BUILDS_AT_ONCE })
  /** `strict` of a pod decides whether a weakness is an error, so there may be an engine of each kind. */
  readonly #engines = new Map<boolean, Promise<Engine>>()
  readonly #pods = new Set<OpenPod>()
  /** There before anything that it is to remove. */
  #janitor: Janitor | undefined
  #privateDirectory: Promise<string> | undefined
  #podCount = 0
  #record: RunRecord | undefined
  /** While Vitest runs tests, and does not only list them. */
  #store: RunStore | undefined

  /** @returns the run of a Vitest instance that has been begun and not closed; a restart in watch mode begins a new one */
  static find(vitest: Vitest): Run | undefined {
    return Run.#runs.get(vitest)
  }

  static begin(vitest: Vitest): Run {
    const run = new Run(vitest)
    Run.#runs.set(vitest, run)
    vitest.onClose(() => run.close())
    return run
  }

  private constructor(vitest: Vitest) {
    this.vitest = vitest
    const onEvent = (event: Event): void => this.warn(event)
    this.history = new History(stateDirectory(cacheDirectory(vitest)).history, onEvent)
    this.options = new ProjectOptions(this.history)
    this.scheduler = new Scheduler({ allocatable: this.options.allocatable, onEvent })
    this.report = new Report(vitest, {
      begins: (files) => {
        this.containers.expect(files)
        this.repeats.forget()
        this.#store = new RunStore(stateDirectory(cacheDirectory(vitest)).runs, (event) => this.warn(event))
      },
      current: () => this.record.report,
      ends: async () => {
        await Promise.all([this.idle(), this.containers.rest()])
        await this.history.save()
        await this.#deliver()
        return this.#endRecord()
      },
    })
  }

  /** @returns a container name that no other pod of this run has */
  podName(hostname: string): string {
    this.#podCount++
    return `${hostname}-${this.#podCount}`
  }

  /**
   * Builds something with the engine when its turn has come.
   * @throws MydockerError when this host cannot run containers; AbortError when `signal` was aborted while it waited
   */
  async build<T>(strict: boolean, signal: AbortSignal, make: (engine: Engine) => Promise<T>): Promise<T> {
    return this.#builds.add(async () => make(await this.#engine(strict)), { signal })
  }

  /** Begins what the first `build` would wait for; that fails if this does. */
  openEngine(strict: boolean): void {
    this.#engine(strict).catch(() => {})
  }

  warn(event: Event): void {
    this.record.event(event)
  }

  /** The record of the run of Vitest that is under way, or will be. */
  get record(): RunRecord {
    this.#record ??= this.#newRecord()
    return this.#record
  }

  /** Watches a pod until it has been removed. */
  opened(pod: OpenPod): void {
    this.#pods.add(pod)
    void pod.closed.then(() => this.#pods.delete(pod))
  }

  /** Resolves when every pod has been removed, or after a while in which Vitest did not stop one. */
  async idle(): Promise<void> {
    await within(IDLE_MS, Promise.all([...this.#pods].map((pod) => pod.closed)))
  }

  /** @returns a directory that only this user can read, removed when Vitest closes or dies */
  privateDirectory(): Promise<string> {
    this.#privateDirectory ??= this.#makePrivateDirectory()
    return this.#privateDirectory
  }

  /** Ends what is left and forgets everything, so that a restarted Vitest begins anew. */
  async close(): Promise<void> {
    if (Run.#runs.get(this.vitest) === this) Run.#runs.delete(this.vitest)
    await this.idle()
    await this.containers.close()
    await Promise.all([...this.#pods].map((pod) => pod.close()))
    const engines = await Promise.allSettled(this.#engines.values())
    this.#engines.clear()
    for (const engine of engines) if (engine.status === 'fulfilled') await engine.value.close()
    const directory = await this.#privateDirectory
    this.#privateDirectory = undefined
    if (directory !== undefined) await rm(directory, { recursive: true, force: true })
    this.#janitor?.dismiss()
    this.#janitor = undefined
    this.scheduler.close()
    // Warnings that no run ended after, as when Vitest only lists.
    if (this.#record !== undefined) await this.report.print(await this.#endRecord())
  }

  /** A directory that is removed when this process dies, in whatever way. */
  removeAtDeath(directory: string): void {
    this.#anyJanitor().watchDirectory(directory)
  }

  /** Writes the files of the finished run that were asked for. What goes wrong is still told with it. */
  async #deliver(): Promise<void> {
    const { record } = this
    record.end()
    if (tracingEnabled(this.vitest)) await sendSpans(record.report, (event) => record.event(event))
    for (const event of await this.reportFiles.write(record.report)) record.event(event)
  }

  /** What comes after it belongs to the next run. */
  async #endRecord(): Promise<RunReport> {
    const { record } = this
    record.end()
    const { report } = record
    if (report.pods.length > 0) await this.#store?.ended(report)
    this.#store = undefined
    this.#record = undefined
    return record.report
  }

  #anyJanitor(): Janitor {
    this.#janitor ??= startJanitor()
    return this.#janitor
  }

  #newRecord(): RunRecord {
    const { config, version } = this.vitest
    const startTime = Date.now()
    const info = { id: runId(startTime, process.pid), root: config.root, pid: process.pid, vitest: version, startTime }
    const record: RunRecord = new RunRecord(info, this.options.nodeInfo(this.vitest), () =>
      this.#store?.changed(() => record.report),
    )
    return record
  }

  async #makePrivateDirectory(): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'mydocker-'))
    this.removeAtDeath(directory)
    return directory
  }

  #engine(strict: boolean): Promise<Engine> {
    let engine = this.#engines.get(strict)
    if (engine === undefined) {
      engine = openEngine({ strict, onEvent: (event) => this.warn(event), janitor: this.#anyJanitor() })
      this.#engines.set(strict, engine)
    }
    return engine
  }
}

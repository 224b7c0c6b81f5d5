import type { PoolOptions } from 'vitest/node'
import type { Container } from '../runtime/container.ts'
import type { PreparedContainer } from '../runtime/engine.ts'
import { MydockerError } from '../runtime/errors.ts'
import type { ContainerSpec } from '../runtime/spec.ts'
import type { Zygote } from '../runtime/zygote.ts'
import { containerSpec } from './container-spec.ts'
import { ModuleGuard } from './module-guard.ts'
import type { PodSpec } from './pod-spec.ts'
import { ReadyPods } from './ready-pods.ts'
import type { Run } from './run.ts'
import { ServiceContainers } from './service-containers.ts'
import type { ZygoteRequest } from './start-zygote.ts'
import { ProjectSurroundings } from './surroundings.ts'
import { isWatching, maxWorkers } from './vitest.ts'
import { Zygotes } from './zygotes.ts'

/** With fewer, a zygote takes more time to prepare (two cold starts) than its forks save. */
const FEWEST_PODS_FOR_ZYGOTE = 3
export interface ContainerRequest {
  readonly options: PoolOptions
  /** Vitest's own `start` message. */
  readonly start: unknown
  readonly signal: AbortSignal
}

/** Gives test files their containers, by the fastest way that there is. */
export class Containers {
  readonly #run: Run
  readonly #zygotes: Zygotes
  readonly #ready = new ReadyPods()
  readonly #surroundings: ProjectSurroundings
  readonly #modules = new ModuleGuard()
  readonly services: ServiceContainers
  /** Test files of this run that have no container yet. */
  #remaining = 0
  /** So many that a zygote pays in any case. */
  #areMany = false

  constructor(run: Run) {
    this.#run = run
    this.#surroundings = new ProjectSurroundings((directory) => run.removeAtDeath(directory))
    this.services = new ServiceContainers(run, (options) => this.#surroundings.of(options))
    this.#zygotes = new Zygotes(
      (event) => run.warn(event),
      () => run.privateDirectory(),
    )
  }

  /** To be told how many files a run is about to have. */
  expect(files: number): void {
    this.#remaining = files
    this.#surroundings.forget()
    this.#zygotes.check()
  }

  /** To be told how many more files like the next one there will be, of many that differ. */
  foresee(files: number): void {
    this.#remaining = files
    this.#areMany = true
  }

  /** After a run: what is ready for files that will not come. */
  async rest(): Promise<void> {
    await this.#ready.clear(isWatching(this.#run.vitest) ? 1 : 0)
  }

  async close(): Promise<void> {
    await this.#ready.clear()
    this.#zygotes.close()
  }

  /**
   * @returns a container whose worker waits for its first message. Its name and its privileges are not final before `started`
   * @throws MydockerError when it cannot be made; AbortError when it is no longer wanted
   */
  async obtain(request: ContainerRequest, pod: PodSpec): Promise<Container> {
    this.#remaining = Math.max(0, this.#remaining - 1)
    const around = this.#surroundings.of(request.options)
    const spec = containerSpec(pod, { ...around, name: this.#run.podName(pod.hostname) })
    this.#modules.watch(request.options.project, spec)
    const zygoteRequest: ZygoteRequest = { ...request, env: spec.env, workingDir: spec.workingDir, warm: pod.warm }
    while (this.#wantsZygote(pod, zygoteRequest)) {
      const obtained = this.#zygotes.obtain(zygoteRequest)
      // What is needed anyway is begun while a zygote gets ready.
      this.#run.openEngine(pod.strict)
      const zygote = await obtained
      if (zygote === undefined) break
      try {
        return await this.#fork(zygote, request, pod, spec)
      } catch (error) {
        // One that died takes the requests that it had not served with it: another one gets them, until there are no more (zygotes.ts).
        if (!(error instanceof MydockerError) || zygote.alive) throw error
        await zygote.died
      }
    }
    return this.#run.build(pod.strict, request.signal, (engine) => engine.create(spec))
  }

  #wantsZygote(pod: PodSpec, request: ZygoteRequest): boolean {
    if (pod.start !== 'auto') return pod.start === 'zygote'
    const { isolate } = request.options.project.config
    const files = this.#remaining + 1
    // Without isolation files share a container, of which there is one for each worker.
    const pods = isolate ? files : Math.min(files, maxWorkers(request.options.project))
    if (this.#areMany || isWatching(this.#run.vitest) || pods >= FEWEST_PODS_FOR_ZYGOTE) return true
    return this.#zygotes.has(request)
  }

  async #fork(zygote: Zygote, request: ContainerRequest, pod: PodSpec, asked: ContainerSpec): Promise<Container> {
    // A pod that is made ahead learns its host name last, and its name tells nothing.
    const spec: ContainerSpec = { ...asked, name: 'pod', hostname: 'pod', command: 'forked' }
    const kind = JSON.stringify([zygote.pid, pod.strict, spec])
    const make = (signal: AbortSignal): Promise<PreparedContainer> =>
      this.#run.build(pod.strict, signal, (engine) =>
        engine.prepare({ ...spec, name: this.#run.podName('pod') }, zygote),
      )
    const prepared = (await this.#ready.take(kind)) ?? (await make(request.signal))
    // `started` of the container tells how it goes.
    prepared.start(pod.hostname).catch(() => {})
    // When this one has been given its work.
    setImmediate(() => this.#refill(kind, request.options, pod, () => make(NEVER)))
    return prepared.container
  }

  /** One for each worker that may have one at the same time, but not more than there are files left; in watch mode, one for the next edit. */
  #refill(kind: string, { project }: PoolOptions, pod: PodSpec, make: () => Promise<PreparedContainer>): void {
    const files = isWatching(this.#run.vitest) ? Math.max(1, this.#remaining) : this.#remaining
    const wanted = Math.min(maxWorkers(project), files, this.#run.scheduler.most(pod.requests))
    for (let count = this.#ready.count(kind); count < wanted; count++) this.#ready.add(kind, make)
  }
}

const NEVER = new AbortController().signal

import { setTimeout as sleep } from 'node:timers/promises'
import type { Container } from '../runtime/container.ts'
import { MydockerError, messageOf } from '../runtime/errors.ts'
import type { EventSink } from '../runtime/event.ts'
import { formatBytes } from '../runtime/quantity.ts'
import type { ContainerStatus } from '../runtime/spec.ts'
import type { ServiceStatus } from '../runtime/status/types.ts'
import type { Milliseconds } from '../runtime/units.ts'
import { attempt, probeUntilReady } from './probe.ts'
import { ServiceLog } from './service-log.ts'
import type { Command, Probe, ServiceSpec } from './service-spec.ts'
import { within } from './within.ts'

/** Kubernetes begins with 10 s, and doubles up to 5 minutes: longer than tests last. */
const FIRST_BACK_OFF: Milliseconds = 100
const LAST_BACK_OFF: Milliseconds = 5000
/** What a dead process has printed is in the kernel's buffers already. */
const DRAIN_MS: Milliseconds = 1000

/** A process that has begun to end has ended by then, but for one that is large on a busy machine: its end is not told then. */
const ENDING_MS: Milliseconds = 2000

/** As long as a service may take to get ready. */
const POST_START_MS: Milliseconds = 60_000

/** What a service needs of the pod that it is in. */
export interface ServiceSurroundings {
  /** The test file, for sentences. */
  readonly file: string
  /** Makes a container for it, with its program running. */
  create(spec: ServiceSpec, signal: AbortSignal): Promise<Container>
  readonly onEvent: EventSink
}

interface Running {
  readonly container: Container
  readonly ended: Promise<ContainerStatus>
}

/** One side container of a pod, and those that took its place. */
export class Service {
  readonly spec: ServiceSpec
  readonly log = new ServiceLog()
  readonly #around: ServiceSurroundings
  readonly #stop = new AbortController()
  #status: ServiceStatus
  #container: Container | undefined
  /** Its end, told when its log is complete. */
  #ended: Promise<ContainerStatus> | undefined
  /** The life of the container that is there, or of one that is about to be. */
  #life: Promise<void> = Promise.resolve()

  constructor(spec: ServiceSpec, around: ServiceSurroundings) {
    this.spec = spec
    this.#around = around
    this.#status = { name: spec.name, state: 'waiting', ready: false, restartCount: 0 }
  }

  get status(): ServiceStatus {
    const peak = this.#status.state === 'running' ? this.#container?.peakMemory() : undefined
    return peak === undefined ? this.#status : { ...this.#status, peakMemory: this.#most(peak) }
  }

  /**
   * Starts it and waits until it is ready.
   * @throws MydockerError stage `service`, with what the probe said, how it ended and the last lines of its log
   */
  async start(): Promise<void> {
    const running = await this.#open()
    const problem = await this.#untilReady(running)
    if (problem !== undefined) throw this.#failure(problem)
    this.#life = this.#live(running.ended)
  }

  /** SIGTERM, a while, SIGKILL; then it is removed. @param now without SIGTERM */
  async stop(now: boolean): Promise<void> {
    if (!now && this.#ended !== undefined && this.#hasDied()) await within(ENDING_MS, this.#ended)
    this.#stop.abort()
    const container = this.#container
    if (container !== undefined) {
      if (!now && this.spec.gracePeriod > 0 && this.#status.state === 'running') await this.#terminate(container)
      await this.#remove(container)
    }
    await this.#life
  }

  /** By itself: that is told, though the file may have ended in the same moment, because of it even. */
  #hasDied(): boolean {
    return this.#status.state === 'terminated' || (this.#container?.isEnding() ?? false)
  }

  /** As in Kubernetes the hook and the end have the grace period together. */
  async #terminate(container: Container): Promise<void> {
    const { gracePeriod, preStop } = this.spec
    const end = performance.now() + gracePeriod
    if (preStop !== undefined) {
      const problem = await attempt(container, { kind: 'exec', command: preStop }, gracePeriod)
      if (problem !== undefined) this.#warn('FailedPreStopHook', `failed in preStop: ${problem}`)
    }
    container.signal('SIGTERM')
    await within(Math.max(0, end - performance.now()), container.ended)
  }

  async #open(): Promise<Running> {
    const container = await this.#around.create(this.spec, this.#stop.signal)
    this.#container = container
    const printed = this.log.follow(container)
    const ended = container.ended.then(async (status) => {
      this.#hasEnded(status)
      await within(DRAIN_MS, printed)
      return status
    })
    this.#ended = ended
    this.#update({ state: 'running', startedTime: Date.now(), reason: undefined, exitCode: undefined })
    if (this.#stop.signal.aborted) await this.#remove(container)
    return { container, ended }
  }

  /** @returns what has kept it from getting ready, in the past tense */
  async #untilReady({ container, ended }: Running): Promise<string | undefined> {
    const { probe, postStart } = this.spec
    const died = ended.then((status) => `${ending(status)} before it was ready`)
    const problem =
      (postStart && (await this.#postStart(postStart, container, died))) ??
      (probe && (await this.#probe(probe, container, died)))
    if (problem === undefined) this.#update({ ready: true, readyTime: Date.now() })
    return problem
  }

  async #postStart(command: Command, container: Container, died: Promise<string>): Promise<string | undefined> {
    const problem = await attempt(container, { kind: 'exec', command }, POST_START_MS)
    if (problem === undefined) return undefined
    return this.#status.state === 'terminated' ? died : `failed in postStart: ${problem}`
  }

  async #probe(probe: Probe, container: Container, died: Promise<string>): Promise<string | undefined> {
    const over = new AbortController()
    const answered = probeUntilReady(container, probe, AbortSignal.any([over.signal, this.#stop.signal])).then(
      (said) => (said === undefined ? undefined : `did not get ready within ${probe.bound / 1000} s: ${said}`),
      () => 'was stopped before it was ready',
    )
    try {
      return await Promise.race([answered, died])
    } finally {
      over.abort()
    }
  }

  /** Restarts it as often as its policy says, until it is stopped. */
  async #live(first: Promise<ContainerStatus>): Promise<void> {
    let ended = first
    for (let backOff = FIRST_BACK_OFF; ; backOff = Math.min(2 * backOff, LAST_BACK_OFF)) {
      const status = await ended
      if (this.#stop.signal.aborted) return
      if (!this.#isRestarted(status)) {
        const { restartPolicy } = this.spec
        if (status.exitCode !== 0)
          this.#warn('Failed', `${ending(status)}; restartPolicy ${restartPolicy} leaves it so`)
        return
      }
      this.#update({ restartCount: this.#status.restartCount + 1, state: 'waiting' })
      this.#warn('BackOff', `${ending(status)}; it is restarted`)
      try {
        await sleep(backOff, undefined, { signal: this.#stop.signal })
        ended = (await this.#restart()).ended
      } catch (error) {
        if (!this.#stop.signal.aborted) this.#warn('Failed', `could not be restarted: ${messageOf(error)}`)
        return
      }
    }
  }

  /** One that does not get ready again is left as it is: tests find out. */
  async #restart(): Promise<Running> {
    if (this.#container !== undefined) await this.#remove(this.#container)
    const running = await this.#open()
    void this.#untilReady(running)
    return running
  }

  #isRestarted({ exitCode }: ContainerStatus): boolean {
    const { restartPolicy } = this.spec
    return restartPolicy === 'Always' || (restartPolicy === 'OnFailure' && exitCode !== 0)
  }

  async #remove(container: Container): Promise<void> {
    try {
      await container.remove()
    } catch (error) {
      this.#warn('CleanupFailed', `could not be removed: ${messageOf(error)}`)
    }
  }

  #hasEnded({ reason, exitCode, peakMemory }: ContainerStatus): void {
    this.#update({ state: 'terminated', ready: false, reason, exitCode, peakMemory: this.#most(peakMemory) })
  }

  /** The largest of its containers counts. */
  #most(peak: number | undefined): number | undefined {
    const before = this.#status.peakMemory
    return peak === undefined || before === undefined ? (peak ?? before) : Math.max(peak, before)
  }

  /** @param what it did, in the past tense */
  #warn(reason: string, what: string): void {
    const message = `${this.#around.file}: service ${this.spec.name} ${what}`
    this.#around.onEvent({ type: 'Warning', reason, message })
  }

  #update(change: Partial<ServiceStatus>): void {
    this.#status = { ...this.#status, ...change }
  }

  #failure(problem: string): MydockerError {
    const log = this.log.isEmpty ? ' It has printed nothing.' : `\n  The last lines of its log:\n${this.log}`
    return new MydockerError({ stage: 'service', message: `${this.spec.name} ${problem}.${log}` })
  }
}

/** How a service has ended, in the past tense. */
export function ending({ reason, exitCode, signal, memoryLimit }: ContainerStatus): string {
  if (reason === 'OOMKilled')
    return `was killed for its memory${memoryLimit === undefined ? '' : ` (limit ${formatBytes(memoryLimit)}, resources.limits.memory of the service)`}`
  return signal === undefined ? `ended with exit code ${exitCode}` : `was ended by ${signal} (exit code ${exitCode})`
}

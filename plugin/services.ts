import { MydockerError, messageOf } from '../runtime/errors.ts'
import type { ServiceStatus } from '../runtime/status/types.ts'
import { Service, type ServiceSurroundings } from './service.ts'
import type { ServiceSpec } from './service-spec.ts'

/** The side containers of one pod: begun when they are made, in the order of the list, each when the one before it is ready. */
export class PodServices {
  /** Resolves when all are ready, or with why one is not. Never rejects. */
  readonly unready: Promise<MydockerError | undefined>
  readonly #services: readonly Service[]
  #failed: Service | undefined
  #stopping = false
  #stopped: Promise<void> | undefined

  constructor(specs: readonly ServiceSpec[], around: ServiceSurroundings) {
    this.#services = specs.map((spec) => new Service(spec, around))
    this.unready = this.#start()
  }

  get statuses(): ServiceStatus[] {
    return this.#services.map(({ status }) => status)
  }

  /** The last lines of each that has printed any; of one that failed its error has told them. */
  get logs(): { readonly name: string; readonly lines: string }[] {
    return this.#services
      .filter((service) => service !== this.#failed && !service.log.isEmpty)
      .map(({ spec, log }) => ({ name: spec.name, lines: `${log}` }))
  }

  /** Ends them in reverse order and removes them. Never rejects. @param now without waiting for any */
  async stop(now = false): Promise<void> {
    this.#stopping = true
    if (now) await Promise.all(this.#services.map((service) => service.stop(true)))
    this.#stopped ??= this.#stopInOrder()
    return this.#stopped
  }

  async #start(): Promise<MydockerError | undefined> {
    for (const service of this.#services) {
      if (this.#stopping) return undefined
      try {
        await service.start()
      } catch (error) {
        this.#failed = service
        return error instanceof MydockerError
          ? error
          : new MydockerError({ stage: 'service', message: `${service.spec.name}: ${messageOf(error)}` })
      }
    }
    return undefined
  }

  async #stopInOrder(): Promise<void> {
    for (const service of this.#services.toReversed()) await service.stop(false)
    // One that was being made while it was stopped.
    await this.unready
    await Promise.all(this.#services.map((service) => service.stop(true)))
  }
}

import type { MydockerError } from '../errors.ts'
import type { EventSink } from '../event.ts'
import type { ContainerSpec } from '../spec.ts'
import type { Bridge, Port } from './bridge.ts'
import { conditionsProblem } from './conditions.ts'

export interface Placed {
  /** What the container is to be, for this kernel and in this place. */
  readonly spec: ContainerSpec
  /** Its place on the bridge. */
  readonly port: Port | undefined
}

/** Gives containers what their specification asks for of a network, as far as this host has it. */
export class Networks {
  readonly #bridge: Bridge
  readonly #strict: boolean
  readonly #onEvent: EventSink
  #conditionsProblem: Promise<MydockerError | undefined> | undefined

  constructor(bridge: Bridge, { strict, onEvent }: { readonly strict: boolean; readonly onEvent: EventSink }) {
    this.#bridge = bridge
    this.#strict = strict
    this.#onEvent = onEvent
  }

  /** @throws MydockerError when this host lacks it; under `strict` also what can be done without */
  async place(asked: ContainerSpec): Promise<Placed> {
    const spec = await this.#possible(asked)
    if (spec.network !== 'bridge') return { spec, port: undefined }
    const port = await this.#bridge.connect(spec.egress ?? false)
    // Volumes of the container's own come later, and so above it.
    return { spec: { ...spec, volumes: [...port.volumes, ...spec.volumes] }, port }
  }

  async #possible(spec: ContainerSpec): Promise<ContainerSpec> {
    if (spec.conditions === undefined) return spec
    const isKnown = this.#conditionsProblem !== undefined
    this.#conditionsProblem ??= conditionsProblem()
    const problem = await this.#conditionsProblem
    if (problem === undefined) return spec
    if (this.#strict) throw problem
    if (!isKnown)
      this.#onEvent({
        type: 'Warning',
        reason: 'NetworkConditionsUnavailable',
        message: `No network is made worse, whatever network.conditions says: ${problem.summary}. ${problem.hint ?? ''}`,
      })
    return { ...spec, conditions: undefined }
  }
}

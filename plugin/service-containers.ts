import type { PoolOptions } from 'vitest/node'
import type { Container } from '../runtime/container.ts'
import { MydockerError } from '../runtime/errors.ts'
import type { Layer } from '../runtime/spec.ts'
import { stateDirectory } from '../runtime/status/state.ts'
import type { Milliseconds } from '../runtime/units.ts'
import { type Surroundings, serviceContainerSpec } from './container-spec.ts'
import type { PodSpec } from './pod-spec.ts'
import type { Run } from './run.ts'
import { ending } from './service.ts'
import { ServiceLog } from './service-log.ts'
import type { ServiceSpec } from './service-spec.ts'
import { Templates } from './service-template.ts'
import { cacheDirectory } from './vitest.ts'
import { within } from './within.ts'

type Template = NonNullable<ServiceSpec['template']>

/** Gives services their containers. */
export class ServiceContainers {
  readonly #run: Run
  readonly #around: (options: PoolOptions) => Pick<Surroundings, 'visible'>
  readonly #templates: Templates

  constructor(run: Run, around: (options: PoolOptions) => Pick<Surroundings, 'visible'>) {
    this.#run = run
    this.#around = around
    this.#templates = new Templates(
      () => stateDirectory(cacheDirectory(run.vitest)).templates,
      (directory) => run.removeAtDeath(directory),
    )
  }

  /**
   * @returns a container in which the service's program runs, beside its pod's
   * @throws MydockerError when it, or its template, cannot be made; AbortError when it is no longer wanted
   */
  async create(
    options: PoolOptions,
    pod: PodSpec,
    service: ServiceSpec,
    beside: Container,
    signal: AbortSignal,
  ): Promise<Container> {
    const visible = this.#around(options).visible
    const { template } = service
    const layers = template === undefined ? [] : [await this.#layer(service, template, pod, visible)]
    const name = this.#run.podName(`${pod.hostname}-${service.name}`)
    const spec = { ...serviceContainerSpec(service, pod, { name, visible }), layers }
    return this.#run.build(pod.strict, signal, (engine) => engine.create(spec, beside))
  }

  /** Made without the pod, which may be gone before: others wait for it too. */
  async #layer(service: ServiceSpec, template: Template, pod: PodSpec, visible: readonly string[]): Promise<Layer> {
    const { mountPath, command } = template
    const around = { name: this.#run.podName(`template-${service.name}`), visible }
    const spec = { ...serviceContainerSpec({ ...service, command }, pod, around), network: 'none' as const }
    const make = async (hostPath: string): Promise<void> => {
      const volumes = [...spec.volumes, { mountPath, hostPath }]
      const container = await this.#run.build(pod.strict, NEVER, (engine) => engine.create({ ...spec, volumes }))
      await runToEnd(container, `the template of service ${service.name}`)
    }
    return { mountPath, hostPath: await this.#templates.get({ spec, mountPath, make }) }
  }
}

/** Nobody fills a database for longer before a test. */
const TEMPLATE_MS: Milliseconds = 300_000

const NEVER = new AbortController().signal

/** @throws MydockerError stage `template`: it has failed, with the last lines of what it printed */
async function runToEnd(container: Container, what: string): Promise<void> {
  const log = new ServiceLog()
  try {
    const printed = log.follow(container)
    const isOver = await within(TEMPLATE_MS, container.ended)
    if (!isOver) container.kill()
    const status = await container.ended
    if (status.exitCode === 0) return
    await printed
    const how = isOver ? ending(status) : `did not end within ${TEMPLATE_MS / 1000} s`
    const message = `${what} cannot be made: its command ${how}.\n${log}`
    throw new MydockerError({ stage: 'template', message })
  } finally {
    await container.remove()
  }
}

import type { Container } from './container.ts'
import type { EventSink } from './event.ts'
import type { ContainerSpec } from './spec.ts'

export interface EngineOptions {
  /** Anything weaker than asked is an error instead of a Warning event. */
  readonly strict: boolean
  readonly onEvent: EventSink
}

/** Makes containers. One per process that needs some; `close` removes whatever is left. */
export interface Engine extends AsyncDisposable {
  /** What memory limits rest on here. */
  readonly cgroupVersion: 'v1' | 'v2' | 'none'
  /**
   * Builds the container and starts its command.
   * @throws MydockerError with the stage, errno and hint of the step that failed; nothing of the container is left then.
   */
  create(spec: ContainerSpec): Promise<Container>
  close(): Promise<void>
}

/** @throws MydockerError when this host cannot run containers (what `mydocker doctor` calls missing). */
export declare function openEngine(options: EngineOptions): Promise<Engine>

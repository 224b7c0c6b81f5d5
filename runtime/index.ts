export type { Change, Container } from './container.ts'
export { type Engine, type EngineOptions, openEngine } from './engine.ts'
export { type ErrorFields, MydockerError } from './errors.ts'
export type { Event, EventSink } from './event.ts'
export { type Janitor, startJanitor } from './janitor.ts'
export type {
  ContainerSpec,
  ContainerStatus,
  HostPort,
  ProcessInfo,
  ResourceLimits,
  TerminalSize,
  VolumeMount,
} from './spec.ts'

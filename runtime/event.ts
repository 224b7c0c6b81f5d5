/**
 * Something that happened to a container and that its owner should know, after Kubernetes' Event (core/v1):
 * `reason` is one CamelCase word for machines, `message` a sentence for people.
 */
export interface Event {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

/** Where a component reports its Events. */
export type EventSink = (event: Event) => void

import { type PassedDescriptor, sendDescriptors } from './native.ts'
import type { Step } from './plan.ts'
import { closeAll } from './streams.ts'

/** namespaces(7). */
export type NamespaceKind = 'user' | 'mnt' | 'pid' | 'uts' | 'ipc' | 'net'

/** In the order in which they are entered: the user namespace gives the rights for the others. */
const KINDS: readonly NamespaceKind[] = ['user', 'mnt', 'pid', 'uts', 'ipc', 'net']

/** What the containers of a pod share in Kubernetes, and the user namespace that those belong to. */
export const SHARED_BY_POD: readonly NamespaceKind[] = ['user', 'ipc', 'net']

/**
 * Descriptors of a container's namespaces, which its PID 1 passes out while it is made (native/enter.h): they can be entered by them
 * as long as they are open, even when all processes of the container have ended.
 */
export class Namespaces {
  readonly #own: readonly NamespaceKind[]
  readonly #fds = new Map<string, number>()

  /** @param steps of the container: with the network of the host it has none of its own to enter */
  constructor(steps: readonly Step[]) {
    const made = steps.flatMap(([name, ...kinds]) => (name === 'namespace' || name === 'enter' ? kinds : []))
    this.#own = KINDS.filter((kind) => kind === 'mnt' || made.includes(kind))
  }

  /** Whether the container was made to be entered. */
  get isOpen(): boolean {
    return this.#fds.size > 0
  }

  /** Takes a descriptor with the tag `namespace KIND`. */
  take({ tag, fd }: PassedDescriptor): void {
    this.#fds.set(tag.slice('namespace '.length), fd)
  }

  /** @returns those of these kinds that can be entered, in the order of entering */
  of(kinds: readonly NamespaceKind[] = KINDS): { readonly step: Step; readonly fds: readonly number[] } {
    const present = this.#own.filter((kind) => kinds.includes(kind) && this.#fds.has(kind))
    return { step: ['enter', ...present], fds: present.flatMap((kind) => this.#fds.get(kind) ?? []) }
  }

  close(): void {
    closeAll([...this.#fds.values()])
    this.#fds.clear()
  }
}

/** Gives them to the supervisor at the other end of a socket, which waits for them when its plan has the step `enter`. */
export function passNamespaces(socket: number, fds: readonly number[]): void {
  if (fds.length > 0) sendDescriptors(socket, new Uint8Array(1), fds)
}

/** The steps of a container that shares namespaces of another one instead of making its own. */
export function enteringSteps(steps: readonly Step[], enter: Step): Step[] {
  const [, ...kinds] = enter
  return [enter, ...steps.filter(([name, kind]) => name !== 'namespace' || !kinds.includes(kind ?? ''))]
}

import type { PreparedContainer } from '../runtime/engine.ts'

/** Of how many kinds they are kept: a change of options, or of what the suite listens on, makes those of before useless. */
const KINDS_KEPT = 4

interface ReadyPod {
  readonly prepared: Promise<PreparedContainer>
  alive: boolean
}

/**
 * Containers whose worker waits, made before the file that they will run is known (Android's unspecialized app processes). All
 * that can be different between files of one kind is said when one is taken.
 */
export class ReadyPods {
  /** By kind; the one that was asked for last comes last. */
  readonly #pods = new Map<string, ReadyPod[]>()

  /** @returns how many of a kind are there or on their way */
  count(kind: string): number {
    return this.#pods.get(kind)?.length ?? 0
  }

  /** Begins one more. One that cannot be made is forgotten: whoever needs one makes it himself and sees why not. */
  add(kind: string, make: () => Promise<PreparedContainer>): void {
    const pod: ReadyPod = { prepared: make(), alive: true }
    const forget = (): void => {
      pod.alive = false
      const pods = this.#pods.get(kind) ?? []
      if (pods.includes(pod))
        this.#pods.set(
          kind,
          pods.filter((other) => other !== pod),
        )
    }
    pod.prepared.then(({ container }) => container.ended.then(forget), forget)
    this.#pods.set(kind, [...(this.#pods.get(kind) ?? []), pod])
  }

  /** @returns one of that kind, or undefined when there is none */
  async take(kind: string): Promise<PreparedContainer | undefined> {
    const pods = this.#pods.get(kind) ?? []
    // Moves the kind to the end.
    this.#pods.delete(kind)
    const [pod, ...others] = pods
    this.#pods.set(kind, others)
    this.#dropOldKinds()
    if (pod === undefined) return undefined
    const prepared = await pod.prepared.catch(() => undefined)
    return pod.alive ? prepared : undefined
  }

  /** Removes all, or all but `kept` of each kind. */
  async clear(kept = 0): Promise<void> {
    const removed = [...this.#pods].flatMap(([kind, pods]) => {
      this.#pods.set(kind, pods.slice(0, kept))
      return pods.slice(kept)
    })
    if (kept === 0) this.#pods.clear()
    await Promise.all(removed.map(dispose))
  }

  #dropOldKinds(): void {
    for (const kind of [...this.#pods.keys()].slice(0, -KINDS_KEPT)) {
      for (const pod of this.#pods.get(kind) ?? []) void dispose(pod)
      this.#pods.delete(kind)
    }
  }
}

async function dispose({ prepared }: ReadyPod): Promise<void> {
  const made = await prepared.catch(() => undefined)
  await made?.container.remove().catch(() => {})
}

import PQueue from 'p-queue'
import { Deferred } from '../runtime/deferred.ts'
import type { EventSink } from '../runtime/event.ts'
import { MemoryPressure } from '../runtime/pressure.ts'
import { type AdmissionOptions, AdmissionQueue, type Ticket } from './admission-queue.ts'
import { type Amounts, dominantShare, NodeResources } from './node-resources.ts'
import { type Pressure, PressureGate } from './pressure-gate.ts'
import { type Requests, refuseUnschedulable } from './unschedulable.ts'

/** Who asks to be admitted. */
export interface Admission {
  /** For error texts: the test file. */
  readonly name: string
  readonly requests: Requests
}

/** What a pod holds from its admission to its removal. */
export interface Reservation {
  /** When it asked, in milliseconds since the epoch. */
  readonly pendingTime: number
  /** When it was admitted. */
  readonly admittedTime: number
  /** To be called when the pod is gone. Idempotent. */
  release(): void
}

export interface SchedulerOptions {
  readonly allocatable: Amounts
  readonly onEvent: EventSink
  /** Where memory pressure shows; by default that of the machine or of the cgroup around. */
  readonly pressure?: Pressure | undefined
}

/**
 * Admits pods by what they request, as Kubernetes' scheduler binds pods to its one node here: at no moment do those that were admitted
 * request more together than the node can allocate. How many there are at most is Vitest's `maxWorkers`.
 */
export class Scheduler {
  readonly #node: NodeResources
  readonly #gate: PressureGate
  readonly #queue: PQueue<AdmissionQueue, AdmissionOptions>

  constructor({ allocatable, onEvent, pressure = new MemoryPressure() }: SchedulerOptions) {
    const node = new NodeResources(allocatable)
    this.#node = node
    this.#queue = new PQueue<AdmissionQueue, AdmissionOptions>({
      queueClass: class extends AdmissionQueue {
        constructor() {
          super(node)
        }
      },
    })
    this.#gate = new PressureGate(pressure, onEvent, (isShut) => {
      node.underPressure = isShut
      this.#admitWhoFits()
    })
  }

  /**
   * Waits until what the pod requests is free, and reserves it.
   * @throws MydockerError stage `scheduling`: it can never be; AbortError when `signal` was aborted while it waited
   */
  async admit({ name, requests }: Admission, signal: AbortSignal): Promise<Reservation> {
    refuseUnschedulable(name, requests, this.#node.allocatable)
    const amounts: Amounts = { memory: requests.memory, cpu: requests.cpu ?? 0 }
    const ticket: Ticket = { requests: amounts, overtaken: 0, reserved: false }
    const admitted = new Deferred<Reservation>()
    const pendingTime = Date.now()
    let reservation: Reservation | undefined
    const hold = async (): Promise<void> => {
      const gone = new Deferred<void>()
      reservation = this.#reservation(amounts, pendingTime, () => gone.resolve())
      admitted.resolve(reservation)
      await gone.promise
    }
    this.#queue.add(hold, { ticket, signal }).catch((error) => {
      // Aborted at the moment of its turn. One that was aborted after it has a pod, which releases it.
      if (ticket.reserved && reservation === undefined) this.#reservation(amounts, pendingTime, () => {}).release()
      admitted.reject(error)
    })
    return admitted.promise
  }

  /** @returns how many pods with these requests there can be at a time */
  most({ memory, cpu = 0 }: Requests): number {
    const { allocatable } = this.#node
    return Math.max(1, Math.floor(1 / dominantShare({ memory, cpu }, allocatable)))
  }

  close(): void {
    this.#gate.close()
  }

  /** What the queue has reserved when it gave this pod its turn. */
  #reservation(requests: Amounts, pendingTime: number, onRelease: () => void): Reservation {
    this.#gate.open()
    let held = true
    return {
      pendingTime,
      admittedTime: Date.now(),
      release: () => {
        if (!held) return
        held = false
        this.#node.release(requests)
        if (this.#node.pods === 0) this.#gate.close()
        onRelease()
        this.#admitWhoFits()
      },
    }
  }

  /** By itself, p-queue starts one task for each that has ended; where a big one was there may be room for several. */
  #admitWhoFits(): void {
    this.#queue.pause()
    this.#queue.start()
  }
}

/** Gives up what was reserved for something that could not be made. */
export async function orReleased<T>(reservation: Reservation, made: Promise<T>): Promise<T> {
  try {
    return await made
  } catch (error) {
    reservation.release()
    throw error
  }
}

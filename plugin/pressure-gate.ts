import type { EventSink } from '../runtime/event.ts'
import type { MemoryPressure } from '../runtime/pressure.ts'
import type { Milliseconds } from '../runtime/units.ts'

/** Long enough for a share to mean something, short enough that a pod that fills the memory is not followed by another one. */
const INTERVAL: Milliseconds = 1000
/**
 * All processes that had work stood still for this share of the time, because none had its memory: what is used is more than what
 * there is. A single pod that is near its own limit does not stop the others, and so does not show.
 */
const SHUT_FROM = 0.1
/** Below, it is over; the two differ so that the gate does not flap. */
const OPEN_BELOW = 0.05

/** What it looks at. */
export type Pressure = Pick<MemoryPressure, 'isKnown' | 'stalledShare'>

/** Shut while the node has no memory left, whatever is reserved. Looks only while pods are there. */
export class PressureGate {
  readonly #pressure: Pressure
  readonly #onEvent: EventSink
  readonly #onChange: (isShut: boolean) => void
  #timer: NodeJS.Timeout | undefined
  #isShut = false

  constructor(pressure: Pressure, onEvent: EventSink, onChange: (isShut: boolean) => void) {
    this.#pressure = pressure
    this.#onEvent = onEvent
    this.#onChange = onChange
  }

  /** Begins to look, where the kernel tells of pressure. */
  open(): void {
    if (this.#timer !== undefined || !this.#pressure.isKnown) return
    this.#pressure.stalledShare()
    this.#timer = setInterval(() => this.look(), INTERVAL).unref()
  }

  /** Nobody is there who could be waited for. */
  close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#change(false, 'Memory pressure is no longer looked at: no test file is running')
  }

  /** Decides by what has happened since the last look. */
  look(): void {
    const share = this.#pressure.stalledShare()
    if (share === undefined) return
    const percent = `${Math.round(share * 100)} %`
    if (share >= SHUT_FROM)
      this.#change(
        true,
        `Memory is short: for ${percent} of the last second everything that runs here waited for it. No further test file is started until that is over; raise resources.requests.memory of large files, or lower maxWorkers`,
      )
    else if (share < OPEN_BELOW)
      this.#change(false, `Memory is free again: ${percent} of the last second was waited for it`)
  }

  #change(isShut: boolean, message: string): void {
    if (this.#isShut === isShut) return
    this.#isShut = isShut
    this.#onEvent(
      isShut
        ? { type: 'Warning', reason: 'NodeUnderMemoryPressure', message }
        : { type: 'Normal', reason: 'NodeHasSufficientMemory', message },
    )
    this.#onChange(isShut)
  }
}

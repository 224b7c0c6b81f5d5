import type { Bytes, Millicores } from '../runtime/units.ts'

/** What a pod requests, or a node can give. */
export interface Amounts {
  readonly memory: Bytes
  readonly cpu: Millicores
}

/** What pods share, and what of it is reserved: the sum of the requests of those that were admitted. */
export class NodeResources {
  readonly allocatable: Amounts
  /** Its memory is used up although it is not all reserved: nobody is admitted beside another one. */
  underPressure = false
  #memory = 0
  #cpu = 0
  #pods = 0

  constructor(allocatable: Amounts) {
    this.allocatable = allocatable
  }

  /** How many have been admitted. */
  get pods(): number {
    return this.#pods
  }

  /** Whether a pod may be admitted now. One always may, whatever happens: else the run would stand still. */
  fits({ memory, cpu }: Amounts): boolean {
    if (this.#pods === 0) return true
    if (this.underPressure) return false
    return this.#memory + memory <= this.allocatable.memory && this.#cpu + cpu <= this.allocatable.cpu
  }

  reserve({ memory, cpu }: Amounts): void {
    this.#pods++
    this.#memory += memory
    this.#cpu += cpu
  }

  release({ memory, cpu }: Amounts): void {
    this.#pods--
    this.#memory -= memory
    this.#cpu -= cpu
  }
}

/** The greater of the shares of the node that are requested (Ghodsi et al., Dominant Resource Fairness, NSDI 2011). */
export function dominantShare({ memory, cpu }: Amounts, node: Amounts): number {
  return Math.max(memory / node.memory, cpu / node.cpu)
}

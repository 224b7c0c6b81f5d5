import process from 'node:process'
import { linearRegression } from 'simple-statistics'
import { cgroupCount, tracesOf } from '../support/leftovers.ts'
import { descriptorsOf, ourProcesses } from '../support/processes.ts'
import type { Residue } from './results.ts'

const EVERY_MS = 500

/** How much a run gains while it lasts: what a leak shows long before it is one's end. */
export type Growth = Residue['growth']

export interface Watch extends Disposable {
  /** In the middle half of the time from the first look until now. */
  growth(): Growth
}

/** Watches all that this benchmark starts from now on. */
export function watchGrowth(): Watch {
  const samples: Growth[] = []
  const timer = setInterval(() => samples.push(look()), EVERY_MS)
  return {
    growth() {
      // Before and after it things come and go for good: Vitest's own start and end are no leak.
      const steady = samples.slice(Math.ceil(samples.length / 4), Math.floor((samples.length * 3) / 4))
      const gain = (figure: keyof Growth) => gainOf(steady.map((sample) => sample[figure]))
      return { descriptors: gain('descriptors'), processes: gain('processes'), cgroups: gain('cgroups') }
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

function look(): Growth {
  const processes = ourProcesses()
  return {
    processes: processes.length,
    descriptors: processes.reduce((sum, each) => sum + descriptorsOf(each), 0),
    cgroups: cgroupCount(tracesOf(process.pid)),
  }
}

/** Rise of the line through the values, from the first to the last. What comes and goes has none. */
function gainOf(values: readonly number[]): number {
  if (values.length < 2) return 0
  const { m } = linearRegression(values.map((value, index) => [index, value]))
  return m * (values.length - 1)
}

import type { Bytes } from '../../units.ts'
import type { RunReport } from '../types.ts'
import { endOf } from './lanes.ts'

/** From `time` on (milliseconds from the start of the run) so much memory was reserved. */
export interface Reserved {
  readonly time: number
  readonly memory: Bytes
}

/** The sum of what admitted pods have requested, as steps. */
export function reservedMemory(report: RunReport): Reserved[] {
  const { startTime } = report.run
  const end = endOf(report)
  const changes = report.pods.flatMap(({ requests, attempts }) =>
    attempts.flatMap(({ times: { admitted, stopped = end } }) => {
      if (admitted === undefined) return []
      const memory = requests.memory ?? 0
      return [
        { time: admitted - startTime, memory },
        { time: stopped - startTime, memory: -memory },
      ]
    }),
  )
  // What is given back at a moment may be given out again at the same.
  changes.sort((a, b) => a.time - b.time || a.memory - b.memory)
  const steps: Reserved[] = [{ time: 0, memory: 0 }]
  let memory = 0
  for (const change of changes) {
    memory += change.memory
    if (steps.at(-1)?.time === change.time) steps.pop()
    steps.push({ time: Math.max(change.time, 0), memory })
  }
  return [...steps, { time: end - startTime, memory }]
}

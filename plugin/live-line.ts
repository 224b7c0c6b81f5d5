import { styleText } from 'node:util'
import { formatDuration } from '../runtime/duration.ts'
import { formatBytes } from '../runtime/quantity.ts'
import { fileOf, lastAttempt, requestedMemory } from '../runtime/status/facts.ts'
import type { PodStatus, RunReport } from '../runtime/status/types.ts'
import { fit, printable } from '../runtime/text.ts'
import type { LiveWindow } from './vitest.ts'

/** A pod that runs for less is not worth a name. */
const LONG_MS = 2000
/** A terminal that does not know its size says 0. */
const COLUMNS_LEAST = 30

/** One line on the pods, in the window that Vitest's reporter keeps at the bottom of a terminal while tests run. */
export class LiveLine {
  readonly #windows: readonly LiveWindow[]
  #restore: (() => void)[] = []

  /** @param windows those of Vitest's reporters; without one, as in a pipe or in CI, nothing is shown */
  constructor(windows: readonly LiveWindow[]) {
    this.#windows = windows
  }

  /** @param getReport called whenever the window is drawn, ten times a second at most */
  begin(getReport: () => RunReport): void {
    this.end()
    this.#restore = this.#windows.map((window) =>
      window.addLine((columns) => liveLine(getReport(), Date.now(), columns)),
    )
  }

  end(): void {
    for (const restore of this.#restore) restore()
    this.#restore = []
  }
}

/** @returns undefined when there are no pods, or no room */
export function liveLine(report: RunReport, now: number, columns: number): string | undefined {
  const { pods, node } = report
  if (pods.length === 0 || columns < COLUMNS_LEAST) return undefined
  const count = (phase: PodStatus['phase']): number => pods.filter((pod) => pod.phase === phase).length
  const flaky = pods.filter((pod) => pod.flaky).length
  const parts: { text: string; colour?: 'green' | 'red' | 'yellow' }[] = [
    { text: `Running ${count('Running')}/${node.maxWorkers}` },
    { text: `Pending ${count('Pending')}` },
    { text: `✓ ${count('Succeeded')}`, colour: 'green' },
    ...(count('Failed') > 0 ? [{ text: `✗ ${count('Failed')}`, colour: 'red' } as const] : []),
    ...(flaky > 0 ? [{ text: `flaky ${flaky}`, colour: 'yellow' } as const] : []),
    { text: `memory ${formatBytes(requestedMemory(report))} of ${formatBytes(node.allocatable.memory)} requested` },
    ...oldest(pods, now),
  ]
  // The last column stays free: a terminal that has filled it may begin a new line.
  let room = columns - 1 - TITLE.length
  const shown = parts.flatMap(({ text, colour }) => {
    const part = fit(`  ${text}`, room)
    room -= part.length
    return colour === undefined ? [part] : [styleText(colour, part)]
  })
  return `${styleText('dim', TITLE)}${shown.join('')}`
}

const TITLE = ' mydocker'

function oldest(pods: readonly PodStatus[], now: number): { text: string }[] {
  const started = (pod: PodStatus): number => lastAttempt(pod)?.times.started ?? now
  const [first] = pods.filter(({ phase }) => phase === 'Running').toSorted((a, b) => started(a) - started(b))
  if (first === undefined || now - started(first) < LONG_MS) return []
  return [{ text: `oldest: ${printable(fileOf(first))} ${formatDuration(now - started(first))}` }]
}

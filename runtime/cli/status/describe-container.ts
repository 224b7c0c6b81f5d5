import { formatDuration } from '../../duration.ts'
import { formatBytes } from '../../quantity.ts'
import type { Attempt, AttemptTimes, ServiceStatus } from '../../status/types.ts'
import { printable } from '../../text.ts'
import { date } from './dates.ts'
import { type Entry, entry } from './outline.ts'
import { formatCpuTime } from './pods.ts'

/** One attempt, under the label that kubectl has for it: `State` or `Last State`. */
export function describeAttempt(attempt: Attempt, label: string): Entry[] {
  const { outcome, reason, message, exitCode, signal, times, cpuMicroseconds, throttledMicroseconds, bytesWritten } =
    attempt
  return [
    { label, text: stateOf(attempt) },
    {
      entries: [
        ...(attempt.number > 1 || label !== 'State' ? entry('Attempt', attempt.number) : []),
        ...entry('Reason', outcome === 'passed' ? 'Completed' : reason),
        ...entry('Message', message === undefined ? undefined : printable(message)),
        ...entry('Exit Code', exitCode),
        ...entry('Signal', signal),
        ...entry('Started', times.started === undefined ? undefined : date(times.started)),
        ...entry('Finished', times.stopped === undefined ? undefined : date(times.stopped)),
        ...entry('Times', describeTimes(times)),
        ...entry('Tests', describeTests(attempt.tests)),
        ...entry('Peak Memory', describeMemory(attempt)),
        ...entry('CPU Time', cpuMicroseconds === undefined ? undefined : formatCpuTime(cpuMicroseconds)),
        ...entry('Throttled', throttledMicroseconds === undefined ? undefined : formatCpuTime(throttledMicroseconds)),
        ...entry('Written', bytesWritten === undefined ? undefined : formatBytes(bytesWritten)),
      ],
    },
  ]
}

export function describeService(service: ServiceStatus): Entry {
  const { name, state, ready, restartCount, reason, exitCode, startedTime, readyTime, peakMemory } = service
  return {
    label: printable(name),
    entries: [
      { label: 'State', text: `${state.charAt(0).toUpperCase()}${state.slice(1)}` },
      {
        entries: [
          ...entry('Reason', reason === undefined ? undefined : printable(reason)),
          ...entry('Exit Code', exitCode),
          ...entry('Started', startedTime === undefined ? undefined : date(startedTime)),
          ...entry(
            'Ready After',
            startedTime === undefined || readyTime === undefined ? undefined : formatDuration(readyTime - startedTime),
          ),
          ...entry('Peak Memory', peakMemory === undefined ? undefined : formatBytes(peakMemory)),
        ],
      },
      { label: 'Ready', text: ready ? 'True' : 'False' },
      { label: 'Restart Count', text: String(restartCount) },
    ],
  }
}

function stateOf({ outcome, times }: Attempt): string {
  if (outcome !== 'running') return 'Terminated'
  return times.started === undefined ? 'Waiting' : 'Running'
}

/** How long each part took, as far as it has been reached: `pending 10ms, start 20ms, run 1.00s, stop 20ms`. */
function describeTimes({ pending, admitted, started, ran, stopped }: AttemptTimes): string | undefined {
  const parts: [name: string, from: number | undefined, to: number | undefined][] = [
    ['pending', pending, admitted],
    ['start', admitted, started],
    ['run', started, ran],
    ['stop', ran, stopped],
  ]
  const known = parts.flatMap(([name, from, to]) =>
    from === undefined || to === undefined ? [] : [`${name} ${formatDuration(to - from)}`],
  )
  return known.length === 0 ? undefined : known.join(', ')
}

function describeTests({ passed, failed, skipped }: Attempt['tests']): string {
  return [
    `${passed} passed`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ].join(', ')
}

function describeMemory({ peakMemory, memoryLimit }: Attempt): string | undefined {
  if (peakMemory === undefined) return undefined
  return `${formatBytes(peakMemory)}${memoryLimit === undefined ? '' : ` of ${formatBytes(memoryLimit)}`}`
}

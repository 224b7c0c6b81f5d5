import type { Change } from '../container.ts'
import { formatBytes } from '../quantity.ts'
import { describeDenied } from '../seccomp/describe.ts'
import type { ContainerStatus, ProcessInfo } from '../spec.ts'

const LARGEST_NAMED = 3
const COMMAND_MAX_CHARACTERS = 60
const LETTERS = { added: 'A', modified: 'M', deleted: 'D' } as const

/** What a container's end should be remarked on for; a plain exit status speaks for itself. */
export function describeEnd(status: ContainerStatus): string[] {
  const lines: string[] = []
  if (status.reason === 'OOMKilled') lines.push(describeOom(status))
  if (status.exitCode !== 0 && status.deniedCalls.length > 0)
    lines.push(
      `seccomp denied ${describeDenied(status.deniedCalls)}; --security-opt seccomp=unconfined allows all system calls`,
    )
  if (status.leftBehind.length > 0) lines.push(`left behind, and killed: ${status.leftBehind.map(describe).join(', ')}`)
  return lines
}

/** One line for each path, as `git diff --name-status` has it. */
export function describeChanges(changes: readonly Change[]): string {
  return changes.map(({ kind, path }) => `${LETTERS[kind]} ${path}\n`).join('')
}

function describeOom({ memoryLimit, peakMemory, largestProcesses }: ContainerStatus): string {
  const limit = memoryLimit === undefined ? '' : ` ${formatBytes(memoryLimit)}`
  const peak = peakMemory === undefined ? '' : ` (peak ${formatBytes(peakMemory)})`
  const largest = largestProcesses.slice(0, LARGEST_NAMED).map(describe).join(', ')
  return `OOMKilled: the command used more than its memory limit${limit}${peak}.${largest && ` Largest processes: ${largest}`}`
}

function describe({ pid, command, rss }: ProcessInfo): string {
  const short = command.length > COMMAND_MAX_CHARACTERS ? `${command.slice(0, COMMAND_MAX_CHARACTERS - 1)}…` : command
  const details = [...(pid > 0 ? [`PID ${pid}`] : []), ...(rss === undefined ? [] : [formatBytes(rss)])]
  return details.length === 0 ? short : `${short} (${details.join(', ')})`
}

import { basename } from 'node:path'
import { formatBytes } from '../runtime/quantity.ts'
import { describeDenied } from '../runtime/seccomp/describe.ts'
import type { ContainerStatus, DeniedCall, ProcessInfo } from '../runtime/spec.ts'
import type { FailureReason } from '../runtime/status/types.ts'
import type { Bytes } from '../runtime/units.ts'
import type { TaskError } from './verdict.ts'

/** Everything that the sentence about a dead pod is made of. */
export interface Death {
  readonly reason: FailureReason
  /** The test file, relative to its project's root. */
  readonly file: string
  /** Full names of the tests that were running. */
  readonly running: readonly string[]
  /** Whether the file's tests were known when it died. */
  readonly collected: boolean
  readonly status: ContainerStatus
  /** The bound that was exceeded, for `DeadlineExceeded`. */
  readonly activeDeadlineSeconds?: number | undefined
  /** The bound that was exceeded, for `Evicted`. */
  readonly ephemeralStorage?: Bytes | undefined
  /** Last of what the pod printed on stderr. */
  readonly stderrTail: string
  /** Set when the pod had to be ended because its channel was of no use any more. */
  readonly channelFault?: string | undefined
}

/** @param files how many ran in the pod, `file` among them */
export function leftBehindSentence(file: string, files: number, process: ProcessInfo): string {
  const who = files > 1 ? `${file} or one of the ${files - 1} other files in its container` : file
  return `${who} left ${shortCommand(process)} (pid ${process.pid}) running; it was killed with the container`
}

/** For a file that has failed: EPERM alone tells nobody where it comes from. */
export function deniedSentence(file: string, calls: readonly DeniedCall[]): string {
  return `${file}: its seccomp profile denied ${describeDenied(calls)}, with EPERM. Lift it with securityContext: { seccompProfile: { type: 'Unconfined' } }, in an override, or with // @mydocker securityContext.seccompProfile.type=Unconfined in the file`
}

/** The error of the file or the test that the pod died in, as a Vitest task carries it. */
export function deathError(death: Death): TaskError {
  const message = sentence(death)
  return { name: death.reason, message, stack: `${death.reason}: ${message}` }
}

function sentence(death: Death): string {
  switch (death.reason) {
    case 'OOMKilled':
      return outOfMemory(death)
    case 'DeadlineExceeded':
      return `${death.file} ran longer than activeDeadlineSeconds ${death.activeDeadlineSeconds}${where(death)}, so its container was killed. Raise activeDeadlineSeconds, in an override, or with // @mydocker activeDeadlineSeconds=${2 * (death.activeDeadlineSeconds ?? 0)} in the file.`
    case 'Evicted':
      return evicted(death)
    default:
      return `${death.file}: the test process ${ending(death)}${where(death)}.${advice(death)}`
  }
}

/** Who is killed for his own limit has come this near to it: below, memory has run out around him. */
const LIMIT_SHARE = 0.9

function outOfMemory({ file, status, ...death }: Death): string {
  const { memoryLimit, peakMemory = Number.POSITIVE_INFINITY } = status
  const limit = memoryLimit !== undefined && peakMemory >= LIMIT_SHARE * memoryLimit ? memoryLimit : undefined
  const peak = status.peakMemory === undefined ? '' : ` (peak ${formatBytes(status.peakMemory)})`
  const what =
    limit === undefined
      ? `${file} was killed because memory ran out${peak}${where(death)}.`
      : `${file} used more than its memory limit ${formatBytes(limit)}${peak}${where(death)}.`
  const cure =
    limit === undefined
      ? ` ${memoryLimit === undefined ? 'It has no limit of its own' : `It was below its own limit ${formatBytes(memoryLimit)}`}, so an enclosing cgroup or the machine is too small.`
      : ` Raise it with resources.limits.memory, in an override, or with // @mydocker limits.memory=${doubled(limit)} in the file.`
  return `${what}${largest(status.largestProcesses)}${cure}`
}

/** The first sentence is that of Kubernetes' kubelet (pkg/kubelet/eviction/eviction_manager.go). */
function evicted({ file, ephemeralStorage = 0, ...death }: Death): string {
  return `${file}: Pod ephemeral local storage usage exceeds the total limit of containers ${formatBytes(ephemeralStorage)}${where(death)}: what it had written left no room. Write less, or raise it with resources.limits.ephemeral-storage, in an override, or with // @mydocker limits.ephemeral-storage=${doubled(ephemeralStorage)} in the file.`
}

function largest(processes: readonly ProcessInfo[]): string {
  if (processes.length === 0) return ''
  const list = processes.map((process) => {
    const { pid, rss } = process
    return `${shortCommand(process)} (pid ${pid})${rss === undefined ? '' : ` ${formatBytes(rss)}`}`
  })
  return ` Largest processes: ${list.join(', ')}.`
}

/** PID 1 forks the worker first; its arguments are Vitest's and ours, and tell nothing. So do those of a zygote, whose forks keep them. */
const WORKER_PID = 2
const ZYGOTE_ARGUMENT = '--single-threaded'
const COMMAND_CHARACTERS = 48

/** @returns the command without the directory of its program, cut to a length that a sentence can bear */
export function shortCommand({ command, pid }: Pick<ProcessInfo, 'command' | 'pid'>): string {
  const [program = '', ...args] = command.split(' ')
  const isWorker = pid === WORKER_PID || args[0] === ZYGOTE_ARGUMENT
  const text = [basename(program), ...(isWorker ? [] : args.map(shortPath))].join(' ')
  return text.length > COMMAND_CHARACTERS ? `${text.slice(0, COMMAND_CHARACTERS - 1)}…` : text
}

function shortPath(argument: string): string {
  return argument.replace(/^\/(?:[^/]+\/){2,}/, '…/')
}

function where({ running, collected }: Pick<Death, 'running' | 'collected'>): string {
  const [first, ...others] = running
  if (first === undefined) return collected ? '' : ' while it was being loaded'
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  return ` while running "${first}"${more}`
}

function ending({ status, channelFault }: Death): string {
  if (channelFault !== undefined) return `${channelFault} and was killed`
  if (status.signal !== undefined) return `was ended by ${status.signal} (exit code ${status.exitCode})`
  return `ended with exit code ${status.exitCode} before the file was done`
}

function advice({ stderrTail }: Death): string {
  // Printed by V8's FatalProcessOutOfMemory before it aborts.
  if (stderrTail.includes('JavaScript heap out of memory')) {
    return " Its JavaScript heap was full, which V8 sizes by the machine's memory. Set test.execArgv: ['--max-old-space-size=<MiB>']."
  }
  return ''
}

function doubled(limit: Bytes): string {
  return formatBytes(2 * limit)
}

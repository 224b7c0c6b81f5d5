import { constants } from 'node:os'
import type { CgroupUsage } from './cgroup/types.ts'
import { bySize, KIB } from './processes.ts'
import { syscallName } from './seccomp/compile.ts'
import type { ContainerStatus, DeniedCall, ProcessInfo } from './spec.ts'

const SIGKILL = constants.signals.SIGKILL
/** The first name of a number counts: SIGABRT, not its alias SIGIOT. */
const SIGNAL_NAMES = new Map(
  Object.entries(constants.signals)
    .reverse()
    .map(([name, number]) => [number, name as NodeJS.Signals]),
)
/** PID 1 forks a command of the plan first. */
const COMMAND_PID = 2

/** What is learnt of a container's processes: from PID 1, and by looking while they live. */
export class ProcessRecords {
  /** As PID 1 sees it. */
  commandPid = COMMAND_PID
  readonly #command: string
  #exit: Exit | undefined
  #noted: readonly ProcessInfo[] = []
  readonly #victims: ProcessInfo[] = []
  readonly #leftBehind: ProcessInfo[] = []
  readonly #deniedCalls: DeniedCall[] = []

  /** @param command in case it dies before anybody has looked */
  constructor(command: string) {
    this.#command = command
  }

  /** Takes a record of PID 1; see native/reaper.c. */
  record(name: string, [a = '', b = '', c = '', d = '', e = '', f = '']: string[]): void {
    if (name === 'exit')
      this.#exit = {
        code: Number(a),
        signal: Number(b),
        peak: Number(c) * KIB,
        cpu: Number(d) + Number(e),
        faults: Number(f),
      }
    else if (name === 'killed')
      this.#victims.push({ pid: Number(a), command: this.#commandOf(Number(a)), rss: Number(b) * KIB })
    else if (name === 'left-behind') this.#leftBehind.push({ pid: Number(a), command: b })
    else if (name === 'denied') this.#deniedCalls.push({ syscall: syscallName(Number(a)), pid: Number(b), command: c })
  }

  /** Keeps what lives now: after a kill it is too late. */
  note(processes: ProcessInfo[]): void {
    this.#noted = bySize(processes)
  }

  /** How the container has ended. */
  status(usage: CgroupUsage, memoryLimit: number | undefined, evicted = false): Omit<ContainerStatus, 'timings'> {
    const oom = usage.oomKills > 0
    // Without an exit record PID 1 was killed, and everything with it.
    const { code, signal, peak, cpu, faults } = this.#exit ?? {
      code: 128 + SIGKILL,
      signal: SIGKILL,
      peak: undefined,
      cpu: undefined,
      faults: undefined,
    }
    const name = SIGNAL_NAMES.get(signal)
    return {
      reason: oom ? 'OOMKilled' : evicted ? 'Evicted' : code === 0 ? 'Completed' : 'Error',
      exitCode: oom ? 128 + SIGKILL : code,
      ...(name === undefined ? {} : { signal: name }),
      peakMemory: usage.memoryPeak ?? peak,
      memoryLimit,
      cpuMicroseconds: usage.cpuMicroseconds ?? cpu,
      pageFaults: faults,
      largestProcesses: oom ? this.#largest(signal === SIGKILL ? peak : undefined) : [],
      deniedCalls: this.#deniedCalls,
      leftBehind: this.#leftBehind,
    }
  }

  /** What was noted before the kill, corrected by what the killed processes had at their peak. */
  #largest(commandPeak: number | undefined): ProcessInfo[] {
    const command: ProcessInfo[] =
      commandPeak === undefined
        ? []
        : [{ pid: this.commandPid, command: this.#commandOf(this.commandPid), rss: commandPeak }]
    const exact = [...command, ...this.#victims]
    const rest = this.#noted.filter(({ pid }) => !exact.some((known) => known.pid === pid))
    return bySize([...exact, ...rest])
  }

  #commandOf(pid: number): string {
    const noted = this.#noted.find((process) => process.pid === pid)
    // It may have filled its memory before anybody looked.
    return noted?.command ?? (pid === this.commandPid ? this.#command : '?')
  }
}

interface Exit {
  readonly code: number
  readonly signal: number
  readonly peak: number | undefined
  readonly cpu: number | undefined
  readonly faults: number | undefined
}

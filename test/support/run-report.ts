import type { Attempt, AttemptTimes, PodEvent, PodStatus, RunReport } from '../../runtime/status/types.ts'

export const MIB = 2 ** 20
/** When the runs that tests make up have begun: 2026-01-02 03:04:05 UTC. */
export const START = Date.UTC(2026, 0, 2, 3, 4, 5)

/** An attempt that has passed a second ago, 10 ms after it was given; `changes` make it another one. */
export function attempt(changes: Partial<Attempt> = {}, times: Partial<AttemptTimes> = {}): Attempt {
  return {
    number: 1,
    outcome: 'passed',
    exitCode: 0,
    times: {
      pending: START,
      admitted: START + 10,
      started: START + 30,
      ran: START + 1030,
      stopped: START + 1050,
      ...times,
    },
    tests: { passed: 3, failed: 0, skipped: 0 },
    memoryLimit: 256 * MIB,
    peakMemory: 64 * MIB,
    cpuMicroseconds: 450_000,
    leftBehind: [],
    connectionsRefused: [],
    deniedCalls: [],
    ...changes,
  }
}

/** The pod of `tests/NAME.test.ts`, which has passed. */
export function pod(name: string, changes: Partial<PodStatus> = {}): PodStatus {
  return {
    name: `${name}-1`,
    project: '',
    files: [`tests/${name}.test.ts`],
    phase: 'Succeeded',
    qosClass: 'Burstable',
    requests: { memory: 128 * MIB },
    limits: { memory: 256 * MIB, pids: 512, ephemeralStorage: 2048 * MIB },
    network: 'none',
    restartPolicy: 'Never',
    restartCount: 0,
    flaky: false,
    attempts: [attempt()],
    services: [],
    events: [],
    createdTime: START,
    finishedTime: START + 1050,
    ...changes,
  }
}

export function pendingPod(name: string): PodStatus {
  return pod(name, {
    phase: 'Pending',
    attempts: [
      attempt(
        { outcome: 'running', exitCode: undefined, peakMemory: undefined, cpuMicroseconds: undefined },
        { admitted: undefined, started: undefined, ran: undefined, stopped: undefined },
      ),
    ],
    finishedTime: undefined,
  })
}

export function runningPod(name: string, started = START + 30): PodStatus {
  return pod(name, {
    phase: 'Running',
    attempts: [
      attempt(
        { outcome: 'running', exitCode: undefined, peakMemory: undefined, cpuMicroseconds: undefined },
        { started, ran: undefined, stopped: undefined },
      ),
    ],
    finishedTime: undefined,
  })
}

export function killedPod(name: string): PodStatus {
  const why = { reason: 'OOMKilled', message: `tests/${name}.test.ts used more than its memory limit 256Mi.` } as const
  return pod(name, {
    phase: 'Failed',
    ...why,
    attempts: [
      attempt({
        outcome: 'failed',
        ...why,
        exitCode: 137,
        signal: 'SIGKILL',
        peakMemory: 256 * MIB,
        tests: { passed: 1, failed: 1, skipped: 2 },
      }),
    ],
    events: [
      event('Scheduled', 'requests memory 128Mi of 1Gi'),
      event('OOMKilling', why.message, { type: 'Warning', firstTime: START + 900 }),
    ],
  })
}

/** One that has passed after it was killed for its memory and had failed. */
export function flakyPod(name: string): PodStatus {
  return pod(name, {
    restartPolicy: 'OnFailure',
    restartCount: 2,
    flaky: true,
    attempts: [
      attempt({ outcome: 'failed', reason: 'OOMKilled', exitCode: 137, memoryLimit: 64 * MIB, peakMemory: 64 * MIB }),
      attempt({
        number: 2,
        outcome: 'failed',
        reason: 'Error',
        exitCode: 1,
        tests: { passed: 2, failed: 1, skipped: 0 },
      }),
      attempt({ number: 3 }),
    ],
  })
}

export function event(reason: string, message: string, changes: Partial<PodEvent> = {}): PodEvent {
  const firstTime = changes.firstTime ?? START
  return { type: 'Normal', reason, message, count: 1, lastTime: firstTime, ...changes, firstTime }
}

/** A run of this process that has ended, unless `run` says otherwise. */
export function runReport(
  pods: readonly PodStatus[],
  changes: Omit<Partial<RunReport>, 'run'> & { readonly run?: Partial<RunReport['run']> } = {},
): RunReport {
  return {
    schemaVersion: 1,
    node: { allocatable: { memory: 1024 * MIB, cpu: 2000 }, maxWorkers: 2 },
    pods,
    events: [],
    ...changes,
    run: {
      id: '20260102-030405000-1',
      root: '/home/ada/shop',
      pid: process.pid,
      vitest: '5.1.1',
      startTime: START,
      endTime: START + 2000,
      ...changes.run,
    },
  }
}

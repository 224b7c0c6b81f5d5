import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { describePod } from '../../runtime/cli/status/describe.ts'
import type { StoredRun } from '../../runtime/status/stored-runs.ts'
import type { PodStatus } from '../../runtime/status/types.ts'
import {
  attempt,
  flakyPod,
  killedPod,
  MIB,
  pendingPod,
  pod,
  runningPod,
  runReport,
  START,
} from '../support/run-report.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: START + 5000 })
  onTestFinished(() => void vi.useRealTimers())
})

function described(of: PodStatus, state: StoredRun['state'] = 'ended'): string {
  return describePod(of, { report: runReport([of]), state })
}

test('a killed pod is described as kubectl describes one', () => {
  expect(described(killedPod('album'))).toBe(`\
Name:            album-1
File:            tests/album.test.ts
Run:             20260102-030405000-1
Node:            localhost
Created:         Fri, 02 Jan 2026 03:04:05 +0000 (5s ago)
Finished:        Fri, 02 Jan 2026 03:04:06 +0000 (3s ago)
Status:          Failed
Reason:          OOMKilled
Message:         tests/album.test.ts used more than its memory limit 256Mi.
QoS Class:       Burstable
Network:         none
Restart Policy:  Never
Containers:
  test:
    State:          Terminated
      Reason:       OOMKilled
      Exit Code:    137
      Signal:       SIGKILL
      Started:      Fri, 02 Jan 2026 03:04:05 +0000 (4s ago)
      Finished:     Fri, 02 Jan 2026 03:04:06 +0000 (3s ago)
      Times:        pending 10ms, start 20ms, run 1.00s, stop 20ms
      Tests:        1 passed, 1 failed, 2 skipped
      Peak Memory:  256Mi of 256Mi
      CPU Time:     450ms
    Ready:          False
    Restart Count:  0
    Limits:
      memory:             256Mi
      pids:               512
      ephemeral-storage:  2Gi
    Requests:
      memory:  128Mi
Conditions:
  Type              Status   Reason
  PodScheduled      True
  Initialized       True
  ContainersReady   False    PodFailed
  Ready             False    PodFailed
Events:
  Type      Reason       Age   From       Message
  ----      ------       ---   ----       -------
  Normal    Scheduled    5s    mydocker   requests memory 128Mi of 1Gi
  Warning   OOMKilling   4s    mydocker   tests/album.test.ts used more than its memory limit 256Mi.
`)
})

test('attempts are told from the last to the first', () => {
  const text = described(flakyPod('shop'))
  expect(text).toMatch(/^Flaky: +passed at attempt 3$/m)
  expect(text).toMatch(
    /State: .*\n +Attempt: +3\n[\s\S]*Last State: .*\n +Attempt: +2\n[\s\S]*Earlier State: .*\n +Attempt: +1\n/,
  )
  expect(text).toMatch(/Peak Memory: +64Mi of 64Mi/)
  expect(text).toMatch(/Restart Count: +2\n +CPU Time: +1\.35s/)
})

test('services, files and everything that was found are in it', () => {
  const busy = pod('busy', {
    project: 'unit',
    files: ['tests/busy.test.ts', 'tests/other.test.ts'],
    limits: { memory: 256 * MIB, cpu: 1500, swap: 0 },
    services: [
      {
        ...{ name: 'postgres', state: 'terminated', ready: false, restartCount: 1, reason: 'Completed', exitCode: 0 },
        ...{ startedTime: START + 20, readyTime: START + 320, peakMemory: 30 * MIB },
      },
    ],
    attempts: [
      attempt({
        ...{
          leftBehind: [{ pid: 7, command: 'node daemon.mjs\x1b[2J' }],
          bytesWritten: 3 * MIB,
          throttledMicroseconds: 120_000,
        },
        ...{
          filesWrittenOutside: ['/etc/hosts'],
          portsOpened: ['tcp/3000'],
          connectionsRefused: ['connect 10.0.0.1:80'],
        },
        ...{ deniedCalls: ['mount'], hermeticity: [{ kind: 'environment', what: 'HOME' }] },
      }),
    ],
  })
  const text = described(busy)
  for (const line of [
    /^Project: +unit$/m,
    /^Files: +tests\/busy\.test\.ts\n +tests\/other\.test\.ts$/m,
    /^ {2}postgres:\n {4}State: +Terminated\n {6}Reason: +Completed\n {6}Exit Code: +0$/m,
    /Ready After: +300ms/,
    /cpu: +1500m/,
    /swap: +0/,
    /^Left Behind:\n {2}node daemon\.mjs�\[2J \(pid 7\)$/m,
    /^Files Written Outside:\n {2}\/etc\/hosts$/m,
    /^Ports Opened:\n {2}tcp\/3000$/m,
    /^Connections Refused:\n {2}connect 10\.0\.0\.1:80$/m,
    /^Denied Calls:\n {2}mount$/m,
    /^Not Hermetic:\n {2}environment: HOME$/m,
    /Written: +3Mi/,
    /Throttled: +120ms/,
    /^Events: {2}<none>$/m,
  ])
    expect(text).toMatch(line)
})

test('a pod that waits or runs says so, and is unknown once its run has died', () => {
  expect(described(pendingPod('video'), 'going')).toMatch(
    /Status: +Pending[\s\S]*State: +Waiting[\s\S]*PodScheduled +False/,
  )
  expect(described(runningPod('slow'), 'going')).toMatch(/Status: +Running[\s\S]*State: +Running\n[\s\S]*Ready +True/)
  expect(described(runningPod('slow'), 'died')).toMatch(/Status: +Unknown/)
  const refused = pod('huge', {
    phase: 'Pending',
    reason: 'Unschedulable',
    message: 'requests 9Gi of 1Gi',
    attempts: [],
  })
  expect(described(refused, 'going')).toMatch(
    /Reason: +Unschedulable\nMessage: +requests 9Gi[\s\S]*PodScheduled +False +Unschedulable/,
  )
})

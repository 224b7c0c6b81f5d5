import { expect, it } from 'vitest'
import { RunRecord, runId } from '../../plugin/run-record.ts'
import type { ContainerStatus } from '../../runtime/spec.ts'

const node = { allocatable: { memory: 2 ** 30, cpu: 2000 }, maxWorkers: 2 }

function newRun(onChange = (): void => {}): RunRecord {
  return new RunRecord({ id: 'a', root: '/project', pid: 1, vitest: '5.1.1', startTime: 0 }, node, onChange)
}

const who = { name: 'a-test', project: '', file: 'a.test.ts', spec: undefined }

const ended: ContainerStatus = {
  reason: 'OOMKilled',
  exitCode: 137,
  signal: 'SIGKILL',
  peakMemory: 64,
  memoryLimit: 64,
  largestProcesses: [],
  deniedCalls: [{ syscall: 'mount', command: 'mount', pid: 3 }],
  leftBehind: [{ pid: 4, command: 'sleep 1000' }],
}

it('a pod is Pending until it is admitted, Running until its attempt is over', () => {
  const run = newRun()
  const pod = run.pod(who)
  const phase = (): string | undefined => run.report.pods[0]?.phase
  expect(phase()).toBe('Pending')
  const attempt = pod.begin()
  expect(phase()).toBe('Pending')
  attempt.reach('admitted')
  attempt.reach('started')
  expect(phase()).toBe('Running')
  attempt.pass()
  expect(phase()).toBe('Succeeded')
})

it('what is told first of a failure is what counts', () => {
  const run = newRun()
  const attempt = run.pod(who).begin()
  attempt.fail('OOMKilled', 'too much')
  attempt.fail('Error', 'something else')
  attempt.pass()
  expect(run.report.pods[0]).toMatchObject({ phase: 'Failed', reason: 'OOMKilled', message: 'too much', flaky: false })
})

it('one that passes after it has failed is flaky, and its last attempt counts', () => {
  const run = newRun()
  const pod = run.pod(who)
  pod.begin().fail('OOMKilled', 'too much')
  pod.begin().pass()
  expect(run.report.pods[0]).toMatchObject({ phase: 'Succeeded', reason: undefined, restartCount: 1, flaky: true })
  expect(run.report.pods[0]?.attempts.map(({ number, outcome }) => [number, outcome])).toEqual([
    [1, 'failed'],
    [2, 'passed'],
  ])
})

it('one that gets more files has passed only when these have', () => {
  const run = newRun()
  const pod = run.pod(who)
  const attempt = pod.begin()
  attempt.reach('admitted')
  attempt.pass()
  pod.addFile('b.test.ts')
  attempt.goOn()
  expect(run.report.pods[0]).toMatchObject({ phase: 'Running', files: ['a.test.ts', 'b.test.ts'] })
})

it('keeps what is known at the end of a container', () => {
  const run = newRun()
  const attempt = run.pod(who).begin()
  const refused = { code: 'ECONNREFUSED', syscall: 'connect', address: '::1', port: 80 }
  const lookedUp = { code: 'EAI_AGAIN', syscall: 'getaddrinfo', hostname: 'example.org' }
  attempt.ended(ended, {
    failedConnections: [refused, refused, lookedUp],
    openedPorts: [{ protocol: 'tcp', port: 3000 }],
  })
  expect(run.report.pods[0]?.attempts[0]).toMatchObject({
    exitCode: 137,
    peakMemory: 64,
    leftBehind: [{ pid: 4, command: 'sleep 1000' }],
    portsOpened: ['tcp/3000'],
    connectionsRefused: ['connect [::1]:80', 'getaddrinfo example.org'],
  })
})

it('pods of one name get numbers, and equal events a count', () => {
  const run = newRun()
  run.pod(who)
  const second = run.pod(who)
  const event = { type: 'Warning', reason: 'LeftBehind', message: 'sleep' } as const
  second.event(event)
  second.event(event)
  expect(run.report.pods.map(({ name }) => name)).toEqual(['a-test', 'a-test-2'])
  expect(run.report.pods[1]?.events).toMatchObject([{ ...event, count: 2 }])
  const attempt = second.begin()
  attempt.reach('admitted')
  attempt.fail('OOMKilled', 'too much')
  expect(run.report.pods[1]?.events.map(({ reason }) => reason)).toEqual(['LeftBehind', 'Scheduled', 'OOMKilling'])
})

it('tells of every change', () => {
  let changes = 0
  const run = newRun(() => changes++)
  run.pod(who).begin().reach('admitted')
  run.end()
  expect(changes).toBe(5)
  expect(run.report.run.endTime).toBeTypeOf('number')
})

it('ids of runs sort by time', () => {
  expect(runId(0, 7)).toBe('19700101-000000000-7')
})

import type { Attempt, FailureReason, PodEvent, PodStatus, RunReport } from '../../runtime/status/types.ts'

const MI = 2 ** 20
const START = Date.UTC(2026, 4, 4, 9, 30)

/** What a pod of the invented run is: what is left out is as for any other. */
export interface PodPlan {
  readonly file: string
  readonly reason?: FailureReason | undefined
  /** Attempts that failed before the one that counts. */
  readonly failures?: number | undefined
  readonly request?: number | undefined
  readonly peak?: number | undefined
  readonly milliseconds?: number | undefined
  readonly more?: Partial<PodStatus> | undefined
  readonly attempt?: Partial<Attempt> | undefined
}

/** A run as it may have been: pods take their turns on a node of 4 workers and 2 GiB, and none is over what the node can allocate. */
export function runReport(plans: readonly PodPlan[], options: { workers?: number; memory?: number } = {}): RunReport {
  const { workers = 4, memory = 2048 * MI } = options
  const node = new Node(workers, memory)
  const pods = plans.map((plan, index) => podOf(plan, index, node))
  const end = Math.max(START, ...pods.map(({ finishedTime = 0 }) => finishedTime)) + 180
  return {
    schemaVersion: 1,
    run: {
      id: '20260504T093000-4711',
      root: '/home/ada/shop',
      pid: 4711,
      vitest: '5.1.1',
      startTime: START,
      endTime: end,
    },
    node: { allocatable: { memory, cpu: workers * 1000 }, maxWorkers: workers },
    pods,
    events: [eventOf('Warning', 'SwapEnabled', 'the host swaps: a pod may be slow before it is killed', START)],
  }
}

/** As many pods as asked, of all kinds, always the same ones. */
export function manyPods(count: number): PodPlan[] {
  const random = randomNumbers(7)
  const areas = ['cart', 'checkout', 'catalog', 'search', 'auth', 'mail', 'admin']
  return Array.from({ length: count }, (_, index): PodPlan => {
    const area = areas[index % areas.length] ?? 'cart'
    const file = `tests/${area}/${area}-${String(index + 1).padStart(4, '0')}.test.ts`
    const request = [96, 128, 128, 256, 512][Math.floor(random() * 5)] ?? 128
    const peak = Math.round((40 + random() * (request * 0.9)) * MI)
    const plan: PodPlan = { file, request: request * MI, peak, milliseconds: 150 + random() ** 3 * 4000 }
    if (index % 97 === 13) return { ...plan, reason: 'OOMKilled', peak: request * 2 * MI }
    if (index % 61 === 7) return { ...plan, reason: 'Error' }
    if (index % 41 === 5) return { ...plan, failures: 1 }
    return plan
  })
}

/** One pod of every kind: what a report has to be able to tell. */
export const everyKind: readonly PodPlan[] = [
  { file: 'tests/cart.test.ts', peak: 61 * MI, milliseconds: 900 },
  {
    file: 'tests/orders-database.test.ts',
    request: 512 * MI,
    peak: 402 * MI,
    milliseconds: 3900,
    more: { services: services() },
  },
  { file: 'tests/album.test.ts', reason: 'OOMKilled', request: 128 * MI, peak: 256 * MI, milliseconds: 1800 },
  { file: 'tests/export.test.ts', reason: 'Error', milliseconds: 700, attempt: { signal: 'SIGSEGV' } },
  { file: 'tests/slow-report.test.ts', reason: 'DeadlineExceeded', milliseconds: 5000 },
  { file: 'tests/uploads.test.ts', reason: 'Evicted', milliseconds: 1300, attempt: { bytesWritten: 65 * MI } },
  { file: 'tests/no-such-directory.test.ts', reason: 'StartError', milliseconds: 60 },
  { file: 'tests/huge.test.ts', reason: 'Unschedulable', request: 64 * 2 ** 40 },
  { file: 'tests/flaky-search.test.ts', failures: 2, milliseconds: 800, peak: 90 * MI },
  {
    file: 'tests/leaky.test.ts',
    milliseconds: 1100,
    peak: 118 * MI,
    attempt: {
      leftBehind: [{ pid: 31, command: 'node daemon.mjs' }],
      connectionsRefused: ['connect 10.0.0.7:443', 'getaddrinfo api.example.org'],
      deniedCalls: ['mount'],
      filesWrittenOutside: ['/etc/shop.conf', '/var/lib/shop/state.db'],
      portsOpened: ['tcp/3000', 'tcp/9229'],
      hermeticity: [
        { kind: 'environment', what: 'SHOP_TOKEN' },
        { kind: 'time-zone', what: 'Europe/Paris' },
      ],
    },
  },
  { file: 'tests/names/</script><img src=x onerror=alert(1)>"\'&.test.ts', milliseconds: 400, peak: 55 * MI },
  { file: 'tests/checkout.test.ts', milliseconds: 2100, peak: 200 * MI, request: 384 * MI },
]

/** Who has a worker and how much memory, and from when on the next one may have it. */
class Node {
  readonly #memory: number
  readonly #workers: { free: number }[]
  readonly #reserved: { from: number; to: number; memory: number }[] = []

  constructor(workers: number, memory: number) {
    this.#memory = memory
    this.#workers = Array.from({ length: workers }, () => ({ free: START + 350 }))
  }

  /** The first moment at which a worker is free, and the one at which there is the memory. */
  admit(memory: number, milliseconds: number): { pending: number; admitted: number } {
    const worker = this.#workers.toSorted((a, b) => a.free - b.free)[0] ?? { free: START }
    const pending = worker.free
    const ends = this.#reserved.map(({ to }) => to).filter((to) => to > pending)
    const admitted = [pending, ...ends.sort((a, b) => a - b)].find((at) => this.#fits(at, memory)) ?? pending
    worker.free = admitted + milliseconds + 12
    this.#reserved.push({ from: admitted, to: admitted + milliseconds, memory })
    if (this.#reserved.length > 64) this.#reserved.shift()
    return { pending, admitted }
  }

  #fits(at: number, memory: number): boolean {
    const taken = this.#reserved.filter(({ to }) => to > at).reduce((sum, each) => sum + each.memory, 0)
    return taken + memory <= this.#memory
  }
}

function podOf(plan: PodPlan, index: number, node: Node): PodStatus {
  const { file, reason, failures = 0, request = 128 * MI, milliseconds = 500, peak = 70 * MI } = plan
  const limit = Math.min(request * 2, 2 ** 40)
  const attempts =
    reason === 'Unschedulable'
      ? []
      : Array.from({ length: failures + 1 }, (_, number) =>
          attemptOf({ ...plan, reason: number < failures ? 'Error' : reason }, number + 1, {
            limit,
            peak,
            ...node.admit(request, milliseconds),
            milliseconds,
          }),
        )
  const created = attempts[0]?.times.pending ?? START + 350
  const failed = reason !== undefined
  return {
    name: `${file.replace(/[^a-z0-9]+/g, '-').slice(0, 40)}-${index + 1}`,
    project: index % 5 === 4 ? 'browserless' : 'unit',
    files: [file],
    phase: failed ? 'Failed' : 'Succeeded',
    qosClass: 'Burstable',
    requests: { memory: request, cpu: 500 },
    limits: { memory: limit, pids: 512, ephemeralStorage: 2048 * MI },
    network: 'none',
    restartPolicy: failures > 0 ? 'OnFailure' : 'Never',
    reason,
    message: reason === undefined ? undefined : messageOf(reason, file),
    restartCount: failures,
    flaky: failures > 0 && !failed,
    attempts,
    services: [],
    events: eventsOf(plan, attempts, created),
    createdTime: created,
    finishedTime: attempts.at(-1)?.times.stopped ?? created + 5,
    ...plan.more,
  }
}

interface Course {
  readonly limit: number
  readonly peak: number
  readonly pending: number
  readonly admitted: number
  readonly milliseconds: number
}

function attemptOf({ file, reason, attempt }: PodPlan, number: number, course: Course): Attempt {
  const { limit, peak, pending, admitted, milliseconds } = course
  const started = reason === 'StartError' ? undefined : admitted + Math.min(90, milliseconds * 0.2)
  const stopped = admitted + milliseconds
  return {
    number,
    outcome: reason === undefined ? 'passed' : 'failed',
    reason,
    message: reason === undefined ? undefined : messageOf(reason, file),
    exitCode: reason === 'OOMKilled' ? 137 : reason === undefined ? 0 : 1,
    times: { pending, admitted, started, ran: started && stopped - milliseconds * 0.08, stopped },
    tests: { passed: 4, failed: reason === undefined ? 0 : 1, skipped: 1 },
    memoryLimit: limit,
    peakMemory: reason === 'StartError' ? undefined : Math.min(peak, limit),
    cpuMicroseconds: Math.round(milliseconds * 620),
    throttledMicroseconds: 0,
    bytesWritten: 24_576,
    leftBehind: [],
    connectionsRefused: [],
    deniedCalls: [],
    ...attempt,
  }
}

function eventsOf({ reason, file }: PodPlan, attempts: readonly Attempt[], created: number): PodEvent[] {
  const events = attempts.flatMap(({ times, reason: why }) => [
    eventOf(
      'Normal',
      'Scheduled',
      `assigned to the node after ${Math.round((times.admitted ?? 0) - times.pending)} ms`,
      times.admitted ?? 0,
    ),
    ...(why === 'OOMKilled'
      ? [eventOf('Warning', 'OOMKilling', 'memory limit 256Mi reached', times.stopped ?? 0)]
      : []),
  ])
  if (attempts.length > 1)
    events.push(eventOf('Warning', 'BackOff', 'a fresh container for the next attempt', created + 900))
  return reason === 'Unschedulable'
    ? [eventOf('Warning', 'FailedScheduling', messageOf(reason, file), created)]
    : events.sort((a, b) => a.firstTime - b.firstTime)
}

function eventOf(type: PodEvent['type'], reason: string, message: string, time: number): PodEvent {
  return { type, reason, message, firstTime: time, lastTime: time, count: 1 }
}

function messageOf(reason: FailureReason, file: string): string {
  const sentences: Record<FailureReason, string> = {
    OOMKilled: `${file} used more than its memory limit 256Mi (peak 256Mi) while running "a whole album".`,
    Error: `the process of ${file} died: killed by SIGSEGV while running "writes a PDF".`,
    DeadlineExceeded: `${file} was active for longer than its activeDeadlineSeconds of 5.`,
    StartError: `the container of ${file} could not be started: working directory: no such file or directory (/nowhere): ENOENT`,
    Evicted: `${file} wrote 65Mi, more than its ephemeral-storage limit 64Mi.`,
    Unschedulable: `${file} requests 64Ti of memory, but this node can allocate 2Gi.`,
  }
  return sentences[reason]
}

function services(): PodStatus['services'] {
  const common = { state: 'terminated', ready: true, restartCount: 0, exitCode: 0, startedTime: START + 400 } as const
  return [
    { ...common, name: 'postgres', readyTime: START + 640, peakMemory: 92 * MI },
    { ...common, name: 'redis', readyTime: START + 460, peakMemory: 11 * MI },
  ]
}

/** Mulberry32: the same numbers in every run. */
export function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

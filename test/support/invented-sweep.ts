import type {
  Cause,
  Cell,
  FlakyFileReport,
  FlakyReport,
  MinimumMemory,
  Outcome,
  Rate,
  ResourceEffect,
  RunConditions,
  SweepRun,
  TestFinding,
  Verdict,
} from '../../plugin/flaky/types.ts'

const MI = 2 ** 20
const START = Date.UTC(2026, 4, 4, 9, 30)
const SEED = 4711
const MEMORY: readonly (number | null)[] = [64 * MI, 128 * MI, 256 * MI, null]
const CPU: readonly (number | null)[] = [100, 500, null]
const CLOCK = { start: '2028-02-29T23:59:58.000Z', timeZone: 'Asia/Kolkata' }

/** What a terminal, a browser, XML and Markdown would each obey. */
export const HOSTILE = {
  markup: '<script>alert(1)</script> & "co" \'py\' ]]>',
  escapes: '\u001b[31mred\u001b[0m\u0007 | pipe `tick` **bold**',
  lines: 'two\nlines [link](javascript:alert) ```',
  project: 'web|<b>',
} as const

interface TestPlan {
  readonly name: string
  readonly verdict: Verdict
  readonly cause?: Cause | undefined
  readonly evidence?: readonly string[] | undefined
  /** @param draw evenly from 0 to 1 */
  readonly outcome?: ((conditions: RunConditions, draw: number) => Outcome) | undefined
  readonly error?: { readonly name: string; readonly message: string } | undefined
  readonly effects?: readonly ('memory' | 'cpu')[] | undefined
  readonly polluters?: readonly string[] | undefined
}

interface FilePlan {
  readonly file: string
  readonly project?: string | undefined
  readonly tests: readonly TestPlan[]
  readonly runs: number
  /** Of the file as a whole: its container dies of memory. */
  readonly dies?: ((conditions: RunConditions) => boolean) | undefined
  readonly varyClock?: boolean | undefined
  readonly minimumMemory?: MinimumMemory | undefined
  readonly open?: boolean | undefined
  readonly more?: Partial<SweepRun> | undefined
}

/** A sweep as it may have been, with every verdict and cause, hostile names, and a time that was not enough for one file. Always the same. */
export function inventedSweep(): FlakyReport {
  const files = plans.map(fileOf)
  const totalRuns = files.reduce((sum, { runs }) => sum + runs.length, 0)
  return {
    schemaVersion: 1,
    sweep: {
      id: '20260504T093000-4711',
      root: '/home/ada/shop',
      vitest: '5.1.1',
      startTime: START,
      endTime: START + 600_000,
      state: 'out-of-time',
      settings: { runs: 30, memory: MEMORY, cpu: CPU, shuffle: true, varyClock: true, seed: SEED, budget: 600_000 },
      totalRuns,
      quarantined: ['tests/search.test.ts > search > answers while it is typed'],
    },
    files,
  }
}

const timeout = { name: 'Error', message: 'Test timed out in 5000ms.' }
const assertion = (message: string) => ({ name: 'AssertionError', message })
const sometimes =
  (share: number): NonNullable<TestPlan['outcome']> =>
  (_, draw) =>
    draw < share ? 'F' : 'P'
const isScarce = (limit: number | undefined, most: number): boolean => limit !== undefined && limit <= most

const plans: readonly FilePlan[] = [
  {
    file: 'tests/cart.test.ts',
    runs: 30,
    tests: ['adds', 'removes', 'counts', 'is empty at first'].map((name) => ({
      name: `cart > ${name}`,
      verdict: 'stable-pass',
    })),
    minimumMemory: {
      limit: 40 * MI,
      passed: 59,
      runs: 59,
      confidence: 0.95,
      failureRate: 0.05,
      tooSmall: 36 * MI,
      recommended: 46 * MI,
    },
  },
  {
    file: 'tests/album.test.ts',
    runs: 48,
    dies: ({ memory }) => isScarce(memory, 64 * MI),
    tests: [
      { name: 'album > is made', verdict: 'stable-pass' },
      {
        name: 'album > sorts 40 photos by size',
        verdict: 'resource-affected',
        cause: 'out-of-memory',
        evidence: ['With at most 128Mi it failed in most runs, with more in none.'],
        outcome: ({ memory }, draw) => (isScarce(memory, 128 * MI) && draw < 0.8 ? 'F' : 'P'),
        error: { name: 'RangeError', message: 'Array buffer allocation failed' },
        effects: ['memory'],
      },
    ],
    minimumMemory: {
      limit: 168 * MI,
      passed: 59,
      runs: 59,
      confidence: 0.95,
      failureRate: 0.05,
      tooSmall: 160 * MI,
      recommended: 194 * MI,
    },
  },
  {
    file: 'tests/search.test.ts',
    runs: 60,
    open: true,
    tests: [
      {
        name: 'search > finds what was indexed a moment ago',
        verdict: 'resource-affected',
        cause: 'timeout-under-throttling',
        evidence: [
          'With at most 100m it timed out; its container was not let run for 61 % of the time.',
          'With 500m and more it passed in every run.',
        ],
        outcome: ({ cpu }, draw) => (isScarce(cpu, 100) && draw < 0.7 ? 'F' : 'P'),
        error: timeout,
        effects: ['cpu'],
      },
      {
        name: 'search > answers while it is typed',
        verdict: 'flaky',
        cause: 'async-wait',
        evidence: ['It failed and passed under the same limits.', 'It ends with a time-out of its own wait.'],
        outcome: sometimes(0.12),
        error: assertion('expected [] to have a length of 1 but got +0'),
      },
      {
        name: 'search > listens',
        verdict: 'flaky',
        cause: 'port',
        evidence: ['EADDRINUSE was thrown, and the file opens tcp/3000.'],
        outcome: sometimes(0.05),
        error: { name: 'Error', message: 'listen EADDRINUSE: address already in use :::3000' },
      },
      { name: 'search > with a real server', verdict: 'not-run', outcome: () => 'S' },
    ],
    more: { portsOpened: ['tcp/3000'] },
  },
  {
    file: 'tests/orders.test.ts',
    runs: 40,
    tests: [
      { name: 'orders > creates one', verdict: 'stable-pass' },
      {
        name: 'orders > has none at first',
        verdict: 'order-dependent',
        cause: 'order',
        evidence: ['It failed in each run in which "orders > creates one" came before it, and in no other.'],
        outcome: ({ order }) => (order === undefined ? 'F' : 'P'),
        error: assertion('expected 1 to be +0 // Object.is equality'),
        polluters: ['orders > creates one'],
      },
      {
        name: 'orders > leaves no timer',
        verdict: 'flaky',
        cause: 'leaked-state',
        evidence: ['Something of an earlier test was still at work.'],
        outcome: sometimes(0.1),
        error: assertion('expected 2 to be 1'),
      },
    ],
  },
  {
    file: 'tests/invoice.test.ts',
    project: HOSTILE.project,
    runs: 40,
    varyClock: true,
    tests: [
      {
        name: 'invoice > is due in a month',
        verdict: 'flaky',
        cause: 'time',
        evidence: ['It failed in each run whose clock began at 2028-02-29T23:59:58.000Z, and in no other.'],
        outcome: ({ clock }) => (clock === undefined ? 'P' : 'F'),
        error: assertion("expected '2028-03-31' to be '2028-03-29'"),
      },
      {
        name: 'invoice > has a number of its own',
        verdict: 'flaky',
        cause: 'randomness',
        evidence: ['With the same seed it came out the same.'],
        outcome: sometimes(0.15),
        error: assertion('expected 7 not to be 7'),
      },
      {
        name: 'invoice > is written',
        verdict: 'flaky',
        cause: 'io',
        evidence: ['ENOENT of a file that the test had written.'],
        outcome: sometimes(0.08),
        error: { name: 'Error', message: "ENOENT: no such file or directory, open '/tmp/invoice.pdf'" },
      },
    ],
  },
  {
    file: 'tests/rates.test.ts',
    runs: 8,
    tests: [
      {
        name: 'rates > are those of today',
        verdict: 'stable-fail',
        cause: 'network',
        evidence: ['It failed in every run; getaddrinfo rates.example was refused.'],
        outcome: () => 'F',
        error: { name: 'Error', message: 'getaddrinfo EAI_AGAIN rates.example' },
      },
    ],
    more: { connectionsRefused: ['getaddrinfo rates.example'] },
  },
  {
    file: 'tests/hostile <i>|`.test.ts',
    runs: 30,
    tests: [
      { name: HOSTILE.markup, verdict: 'stable-pass' },
      {
        name: HOSTILE.escapes,
        verdict: 'flaky',
        cause: 'unknown',
        evidence: [`Nothing was seen that would tell why: ${HOSTILE.markup}`],
        outcome: sometimes(0.2),
        error: assertion(`${HOSTILE.escapes}\n${HOSTILE.markup}`),
      },
      {
        name: HOSTILE.lines,
        verdict: 'flaky',
        cause: 'unknown',
        evidence: [HOSTILE.lines],
        outcome: sometimes(0.1),
        error: assertion(`${HOSTILE.lines}\u0000`),
      },
    ],
  },
]

function fileOf(plan: FilePlan, index: number): FlakyFileReport {
  const { file, project = '', tests, minimumMemory, open = false } = plan
  const runs = Array.from({ length: plan.runs }, (_, number) => runOf(plan, number + 1, START + index * 60_000))
  const dead = plan.dies === undefined ? [] : [deathFinding(runs)]
  const findings = [...dead, ...tests.map((test, position) => findingOf(test, position, runs))]
  return { project, file, tests: tests.map(({ name }) => name), runs, findings, minimumMemory, open }
}

function runOf({ tests, dies, varyClock, more }: FilePlan, number: number, start: number): SweepRun {
  const conditions = conditionsOf(number, varyClock === true)
  const startTime = start + number * 900
  if (dies?.(conditions) === true) return deathOf(number, conditions, startTime, tests.length)
  const outcomes = tests.map(({ outcome }, test) => outcome?.(conditions, drawOf(number * 31 + test * 17)) ?? 'P')
  const failures = tests.flatMap(({ error }, test) =>
    outcomes[test] === 'F' && error !== undefined ? [{ test, ...error, duration: 40 + test }] : [],
  )
  const hasFailed = failures.length > 0
  return {
    number,
    conditions,
    outcome: hasFailed ? 'failed' : 'passed',
    startTime,
    duration: 180 + 400 * drawOf(number),
    peakMemory: Math.round((40 + 20 * drawOf(number + 5)) * MI),
    cpuMicroseconds: 90_000,
    throttledMicroseconds: isScarce(conditions.cpu, 100) ? 310_000 : 0,
    outcomes: outcomes.join(''),
    // The order that is not that of their definition is the reverse.
    sequence: conditions.order === undefined ? undefined : tests.map((_, test) => tests.length - 1 - test),
    failures,
    log: hasFailed ? `stdout of run ${number}\n${HOSTILE.escapes}\n${HOSTILE.markup}\n` : undefined,
    ...more,
  }
}

function deathOf(number: number, conditions: RunConditions, startTime: number, tests: number): SweepRun {
  const message = `the container used all of its ${(conditions.memory ?? 0) / MI}Mi and was killed`
  return {
    number,
    conditions,
    outcome: 'failed',
    reason: 'OOMKilled',
    message,
    startTime,
    duration: 150,
    peakMemory: conditions.memory,
    outcomes: `P${'-'.repeat(tests - 1)}`,
    failures: [{ message }],
    log: 'loading photos\n',
  }
}

/** Each combination of limits in turn. */
function conditionsOf(number: number, varyClock: boolean): RunConditions {
  const memory = MEMORY[number % MEMORY.length] ?? undefined
  const cpu = CPU[Math.floor(number / MEMORY.length) % CPU.length] ?? undefined
  const clock = varyClock && number % 4 === 1 ? CLOCK : undefined
  return { memory, cpu, seed: SEED + number, order: number % 2 === 0 ? SEED * 2 + number : undefined, clock }
}

function findingOf(plan: TestPlan, test: number, runs: readonly SweepRun[]): TestFinding {
  const { name, verdict, cause, evidence = [], effects = [], polluters, error } = plan
  const reached = runs.filter(({ outcomes }) => 'PFR'.includes(outcomes[test] ?? '-'))
  const hasFailed = ({ outcomes }: SweepRun): boolean => outcomes[test] === 'F'
  const rate = rateOf(reached, hasFailed)
  return {
    test,
    name,
    verdict,
    cause,
    evidence,
    rate,
    cells: cellsOf(reached, hasFailed),
    effects: effects.map((resource) => effectOf(resource, reached, hasFailed)),
    polluters,
    failingRun: reached.find(hasFailed)?.number,
    messages: error === undefined ? [] : [{ message: `${error.name}: ${error.message}`, count: rate.failed }],
  }
}

function deathFinding(runs: readonly SweepRun[]): TestFinding {
  const hasDied = ({ reason }: SweepRun): boolean => reason === 'OOMKilled'
  return {
    name: '(file)',
    verdict: 'resource-affected',
    cause: 'out-of-memory',
    evidence: ['Its container was OOM killed in every run with 64Mi, and in none with more.'],
    rate: rateOf(runs, hasDied),
    cells: cellsOf(runs, hasDied),
    effects: [effectOf('memory', runs, hasDied)],
    failingRun: runs.find(hasDied)?.number,
    messages: [{ message: runs.find(hasDied)?.message ?? '', count: runs.filter(hasDied).length }],
  }
}

type Predicate = (run: SweepRun) => boolean

function cellsOf(runs: readonly SweepRun[], hasFailed: Predicate): Cell[] {
  return MEMORY.flatMap((memory) =>
    CPU.flatMap((cpu) => {
      const here = runs.filter(
        ({ conditions }) => (conditions.memory ?? null) === memory && (conditions.cpu ?? null) === cpu,
      )
      if (here.length === 0) return []
      return [{ memory: memory ?? undefined, cpu: cpu ?? undefined, ...rateOf(here, hasFailed) }]
    }),
  )
}

function effectOf(resource: 'memory' | 'cpu', runs: readonly SweepRun[], hasFailed: Predicate): ResourceEffect {
  const limit = Math.max(...runs.filter(hasFailed).map(({ conditions }) => conditions[resource] ?? 0))
  const isBelow = ({ conditions }: SweepRun): boolean => isScarce(conditions[resource], limit)
  const scarce = rateOf(runs.filter(isBelow), hasFailed)
  const ample = rateOf(
    runs.filter((run) => !isBelow(run)),
    hasFailed,
  )
  return {
    resource,
    limit,
    scarce,
    ample,
    difference: {
      estimate: scarce.estimate - ample.estimate,
      low: Math.max(-1, scarce.low - ample.high),
      high: Math.min(1, scarce.high - ample.low),
    },
    pValue: 1.3e-6,
    adjustedPValue: 2.6e-5,
    method: "Fisher's exact test",
  }
}

/** Normal quantile of a 95 % interval. */
const Z = 1.96

/** With Wilson's interval: near enough for what is only looked at. */
function rateOf(runs: readonly SweepRun[], hasFailed: Predicate): Rate {
  const failed = runs.filter(hasFailed).length
  const n = runs.length
  if (n === 0) return { failed, runs: n, estimate: 0, low: 0, high: 1 }
  const estimate = failed / n
  const centre = (estimate + Z ** 2 / (2 * n)) / (1 + Z ** 2 / n)
  const half = (Z * Math.sqrt((estimate * (1 - estimate)) / n + Z ** 2 / (4 * n ** 2))) / (1 + Z ** 2 / n)
  return { failed, runs: n, estimate, low: Math.max(0, centre - half), high: Math.min(1, centre + half) }
}

/** From 0 to 1, the same for the same number. */
function drawOf(number: number): number {
  return ((number * 2_654_435_761) % 2 ** 32) / 2 ** 32
}

import * as v from 'valibot'
import { MydockerError } from '../../runtime/errors.ts'
import { show } from '../../runtime/show.ts'
import type { FlakyReport } from './types.ts'

/** Of the format that is written here, see types.ts. */
const SCHEMA_VERSION = 1

/** Where the JSON Schema is that is made of this one: in the published package. */
export const FLAKY_SCHEMA_URL = 'https://unpkg.com/vitest-pool-mydocker/schema/flaky-report.schema.json'

const amount = (unit: string) => v.pipe(v.number(), v.minValue(0), v.description(unit))

const bytes = amount('Bytes.')
const millicores = amount('Thousandths of a core.')
const microseconds = amount('Microseconds.')
const milliseconds = amount('Milliseconds.')
const time = amount('Milliseconds since the epoch.')
const integer = v.pipe(v.number(), v.integer())
const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const ordinal = v.pipe(v.number(), v.integer(), v.minValue(1))
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1))
const difference = v.pipe(v.number(), v.minValue(-1), v.maxValue(1))
const test = v.pipe(count, v.description('Index of a test in `tests` of its file.'))

const clock = v.object({
  start: v.pipe(v.string(), v.description('ISO 8601, as Date.prototype.toISOString writes it.')),
  timeZone: v.pipe(v.string(), v.description('IANA name.')),
})

const conditions = v.object({
  memory: v.optional(bytes),
  cpu: v.optional(millicores),
  seed: v.optional(integer),
  order: v.optional(integer),
  clock: v.optional(clock),
})

const reason = v.picklist(['OOMKilled', 'DeadlineExceeded', 'StartError', 'Error', 'Evicted', 'Unschedulable'])

const hermeticFinding = v.object({
  kind: v.picklist(['file-written', 'environment', 'network', 'time-zone', 'left-behind']),
  what: v.string(),
})

const failure = v.object({
  test: v.optional(test),
  name: v.optional(v.string()),
  message: v.string(),
  duration: v.optional(milliseconds),
})

/** One run of a file, as a line of the journal of a sweep holds it too. */
export const sweepRunSchema = v.object({
  number: ordinal,
  conditions,
  outcome: v.picklist(['passed', 'failed', 'void']),
  reason: v.optional(reason),
  message: v.optional(v.string()),
  startTime: time,
  duration: milliseconds,
  peakMemory: v.optional(bytes),
  cpuMicroseconds: v.optional(microseconds),
  throttledMicroseconds: v.optional(microseconds),
  outcomes: v.pipe(
    v.string(),
    v.regex(/^[PFSR-]*$/),
    v.description(
      'A letter for each test: P passed, F failed, S skipped, R passed when its `retry` ran it again, - not reached.',
    ),
  ),
  sequence: v.optional(v.array(test)),
  failures: v.array(failure),
  portsOpened: v.optional(v.array(v.string())),
  leftBehind: v.optional(v.array(v.string())),
  connectionsRefused: v.optional(v.array(v.string())),
  hermeticity: v.optional(v.array(hermeticFinding)),
  log: v.optional(v.string()),
})

export const sweepSettingsSchema = v.object({
  runs: ordinal,
  memory: v.array(v.pipe(v.nullable(bytes), v.description('null: no limit of the sweep, `max`.'))),
  cpu: v.array(v.pipe(v.nullable(millicores), v.description('null: no limit of the sweep, `max`.'))),
  shuffle: v.boolean(),
  varyClock: v.boolean(),
  seed: integer,
  order: v.optional(integer),
  clock: v.optional(clock),
  budget: v.optional(milliseconds),
})

const rate = { failed: count, runs: count, estimate: share, low: share, high: share }

const effect = v.object({
  resource: v.picklist(['memory', 'cpu']),
  limit: amount('Bytes, or thousandths of a core.'),
  scarce: v.object(rate),
  ample: v.object(rate),
  difference: v.object({ estimate: difference, low: difference, high: difference }),
  pValue: share,
  adjustedPValue: share,
  method: v.string(),
})

const finding = v.object({
  test: v.optional(test),
  name: v.string(),
  verdict: v.picklist(['stable-pass', 'stable-fail', 'flaky', 'resource-affected', 'order-dependent', 'not-run']),
  cause: v.optional(
    v.picklist([
      'out-of-memory',
      'timeout-under-throttling',
      'async-wait',
      'port',
      'network',
      'order',
      'leaked-state',
      'time',
      'randomness',
      'io',
      'unknown',
    ]),
  ),
  evidence: v.array(v.string()),
  rate: v.object(rate),
  cells: v.array(v.object({ ...rate, memory: v.optional(bytes), cpu: v.optional(millicores) })),
  effects: v.array(effect),
  polluters: v.optional(v.array(v.string())),
  failingRun: v.optional(ordinal),
  messages: v.array(v.object({ message: v.string(), count })),
})

const minimumMemory = v.object({
  limit: bytes,
  passed: count,
  runs: count,
  confidence: share,
  failureRate: share,
  tooSmall: v.optional(bytes),
  recommended: bytes,
})

const file = v.object({
  project: v.string(),
  file: v.string(),
  tests: v.array(v.string()),
  runs: v.array(sweepRunSchema),
  findings: v.array(finding),
  minimumMemory: v.optional(minimumMemory),
  open: v.boolean(),
})

/** The compiler sees to it that this and FlakyReport are the same (test/unit/flaky-schema.test.ts). Unknown keys are let pass: a format may grow. */
export const flakyReportSchema = v.object({
  schemaVersion: v.literal(SCHEMA_VERSION),
  sweep: v.object({
    id: v.string(),
    root: v.string(),
    vitest: v.string(),
    startTime: time,
    endTime: v.optional(time),
    state: v.picklist(['running', 'completed', 'interrupted', 'out-of-time']),
    settings: sweepSettingsSchema,
    totalRuns: count,
    quarantined: v.array(v.string()),
  }),
  files: v.array(file),
})

/** The report as a file of JSON that ends in a newline and names its schema, by which editors check it. */
export function flakyJson(report: FlakyReport): string {
  return `${JSON.stringify({ $schema: FLAKY_SCHEMA_URL, ...report }, undefined, 2)}\n`
}

/**
 * Reads a report that a sweep has written.
 * @param path of the file that the text is from, for error texts
 * @throws MydockerError stage `report`: not JSON, not one of ours, of a newer version, or which value is wrong
 */
export function parseFlakyReport(text: string, path: string): FlakyReport {
  const wrong = (message: string, hint: string) => new MydockerError({ stage: 'report', message, path, hint })
  const input = json(text)
  if (input === undefined) throw wrong('this is not JSON', 'It may have been cut off: sweep again.')
  const version = typeof input === 'object' && input !== null ? Reflect.get(input, 'schemaVersion') : undefined
  if (version !== SCHEMA_VERSION) {
    throw wrong(
      version === undefined
        ? 'this is no report of a sweep: it has no schemaVersion'
        : `this report has schemaVersion ${show(version)}, but only ${SCHEMA_VERSION} is known here`,
      'Name a file that `mydocker flaky --json` of this version of vitest-pool-mydocker has written.',
    )
  }
  const parsed = v.safeParse(flakyReportSchema, input)
  if (parsed.success) return parsed.output
  const [issue] = parsed.issues
  throw wrong(
    `${v.getDotPath(issue) ?? 'the report'} is wrong: ${issue.message}`,
    `What is expected: ${FLAKY_SCHEMA_URL}`,
  )
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

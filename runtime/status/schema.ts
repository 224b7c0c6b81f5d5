import * as v from 'valibot'
import { MydockerError } from '../errors.ts'
import { show } from '../show.ts'
import type { RunReport } from './types.ts'

/** Of the format that is written here, see types.ts. */
export const SCHEMA_VERSION = 1

/** Where the JSON Schema is that is made of this one: in the published package. */
export const SCHEMA_URL = 'https://unpkg.com/vitest-pool-mydocker/schema/run-report.schema.json'

const amount = (unit: string) => v.pipe(v.number(), v.minValue(0), v.description(unit))

const bytes = amount('Bytes.')
const millicores = amount('Thousandths of a core.')
const microseconds = amount('Microseconds.')
const time = amount('Milliseconds since the epoch.')
const count = v.pipe(v.number(), v.integer(), v.minValue(0))

const reason = v.pipe(
  v.picklist(['OOMKilled', 'DeadlineExceeded', 'StartError', 'Error', 'Evicted', 'Unschedulable']),
  v.description('Why a pod has failed, or waits.'),
)

const event = v.object({
  type: v.picklist(['Normal', 'Warning']),
  reason: v.pipe(v.string(), v.description('One CamelCase word.')),
  message: v.string(),
  firstTime: time,
  lastTime: time,
  count,
})

const hermeticFinding = v.object({
  kind: v.picklist(['file-written', 'environment', 'network', 'time-zone', 'left-behind']),
  what: v.string(),
})

const attempt = v.object({
  number: v.pipe(v.number(), v.integer(), v.minValue(1)),
  outcome: v.picklist(['running', 'passed', 'failed']),
  reason: v.optional(reason),
  message: v.optional(v.string()),
  exitCode: v.optional(v.pipe(v.number(), v.integer())),
  signal: v.optional(v.string()),
  times: v.object({
    pending: time,
    admitted: v.optional(time),
    started: v.optional(time),
    ran: v.optional(time),
    stopped: v.optional(time),
  }),
  tests: v.object({ passed: count, failed: count, skipped: count }),
  memoryLimit: v.optional(bytes),
  peakMemory: v.optional(bytes),
  cpuMicroseconds: v.optional(microseconds),
  throttledMicroseconds: v.optional(microseconds),
  bytesWritten: v.optional(bytes),
  filesWrittenOutside: v.optional(v.array(v.string())),
  portsOpened: v.optional(v.array(v.string())),
  leftBehind: v.array(v.object({ pid: count, command: v.string() })),
  connectionsRefused: v.array(v.string()),
  deniedCalls: v.array(v.string()),
  hermeticity: v.optional(v.array(hermeticFinding)),
})

const service = v.object({
  name: v.string(),
  state: v.picklist(['waiting', 'running', 'terminated']),
  ready: v.boolean(),
  restartCount: count,
  reason: v.optional(v.string()),
  exitCode: v.optional(v.pipe(v.number(), v.integer())),
  startedTime: v.optional(time),
  readyTime: v.optional(time),
  peakMemory: v.optional(bytes),
})

const resources = { memory: v.optional(bytes), cpu: v.optional(millicores) }

const pod = v.object({
  name: v.pipe(v.string(), v.description('Unique in its run: the host name.')),
  project: v.string(),
  files: v.array(v.string()),
  phase: v.picklist(['Pending', 'Running', 'Succeeded', 'Failed']),
  qosClass: v.picklist(['Guaranteed', 'Burstable', 'BestEffort']),
  requests: v.object(resources),
  limits: v.object({
    ...resources,
    swap: v.optional(bytes),
    pids: v.optional(count),
    ephemeralStorage: v.optional(bytes),
  }),
  network: v.string(),
  restartPolicy: v.picklist(['Never', 'OnFailure']),
  reason: v.optional(reason),
  message: v.optional(v.string()),
  backoffLimit: v.optional(count),
  restartCount: count,
  flaky: v.boolean(),
  attempts: v.array(attempt),
  services: v.array(service),
  events: v.array(event),
  createdTime: time,
  finishedTime: v.optional(time),
})

/** The compiler sees to it that this and RunReport are the same (test/unit/run-report.test.ts). Unknown keys are let pass: a format may grow. */
export const runReportSchema = v.object({
  schemaVersion: v.literal(SCHEMA_VERSION),
  run: v.object({
    id: v.string(),
    root: v.string(),
    pid: count,
    vitest: v.string(),
    startTime: time,
    endTime: v.optional(time),
  }),
  node: v.object({ allocatable: v.object({ memory: bytes, cpu: millicores }), maxWorkers: count }),
  pods: v.array(pod),
  events: v.array(event),
})

/**
 * Reads a report that a run has written.
 * @param path of the file that the text is from, for error texts
 * @throws MydockerError stage `report`: not JSON, not one of ours, of a newer version, or which value is wrong
 */
export function parseRunReport(text: string, path?: string): RunReport {
  const wrong = (message: string, hint: string) => new MydockerError({ stage: 'report', message, path, hint })
  const input = json(text)
  if (input === undefined) {
    throw wrong('this is not JSON', 'It may have been cut off: remove it, and run Vitest again.')
  }
  const version = typeof input === 'object' && input !== null ? Reflect.get(input, 'schemaVersion') : undefined
  if (version === undefined) {
    throw wrong(
      'this is no report of mydocker: it has no schemaVersion',
      "Name a file that report: { json: 'path' } wrote.",
    )
  }
  if (version !== SCHEMA_VERSION) {
    throw wrong(
      `this report has schemaVersion ${show(version)}, but only ${SCHEMA_VERSION} is known here`,
      'Read it with the version of vitest-pool-mydocker that wrote it (npm install --save-dev vitest-pool-mydocker@latest), or remove it.',
    )
  }
  const parsed = v.safeParse(runReportSchema, input)
  if (parsed.success) return parsed.output
  const [issue] = parsed.issues
  throw wrong(`${v.getDotPath(issue) ?? 'the report'} is wrong: ${issue.message}`, `What is expected: ${SCHEMA_URL}`)
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

import { randomInt } from 'node:crypto'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { MydockerError } from '../../runtime/errors.ts'
import type { EventSink } from '../../runtime/event.ts'
import { formatBytes, formatCpu, parseCpu, parseMemory } from '../../runtime/quantity.ts'
import type { Bytes, Millicores, Milliseconds } from '../../runtime/units.ts'
import { LEAST_CPU, LEAST_MEMORY } from '../option-resources.ts'
import { whyUnenforceable } from './enforceable.ts'
import type { Clock, SweepSettings } from './types.ts'
import type { Selection } from './vitest-session.ts'

/** What the flags of `mydocker flaky` say. */
export interface FlakyOptions {
  readonly runs: number
  /** Absent: as many as can be enforced of the default ones. */
  readonly memory?: readonly (Bytes | null)[] | undefined
  readonly cpu?: readonly (Millicores | null)[] | undefined
  readonly shuffle: boolean
  readonly varyClock: boolean
  readonly seed: number
  readonly order?: number | undefined
  readonly clock?: string | undefined
  readonly timeZone?: string | undefined
  readonly budget: Milliseconds
  readonly resume: boolean
  readonly testNamePattern?: string | undefined
  readonly root?: string | undefined
  readonly config?: string | undefined
  readonly project: readonly string[]
  readonly json?: string | undefined
  readonly html?: string | undefined
  readonly junit?: string | undefined
  readonly markdown?: string | true | undefined
  readonly failOn: string
  readonly quarantine?: string | undefined
  readonly writeQuarantine?: string | undefined
  readonly minMemory: boolean
  readonly write?: string | true | undefined
}

type Action = (filters: readonly string[], options: FlakyOptions) => Promise<void>

const MIB: Bytes = 2 ** 20
const DEFAULT_MEMORY: readonly (Bytes | null)[] = [64 * MIB, 128 * MIB, 256 * MIB, null]
const DEFAULT_CPU: readonly (Millicores | null)[] = [100, 500, null]
const DEFAULT_RUNS = 30
const DEFAULT_BUDGET: Milliseconds = 10 * 60 * 1000
/** A seed that a person can type. */
const SEEDS = 1_000_000
const DURATION_UNITS: Readonly<Record<string, Milliseconds>> = { s: 1000, m: 60_000, h: 3_600_000 }

/** @throws MydockerError stage `options`, or CommanderError, while the command line is parsed */
export function defineFlaky(command: Command, action: Action): void {
  command
    .description(
      'Run test files many times, each in a fresh container, under scarce and ample memory and CPU, and tell which tests are flaky, on what that depends, and how to see it again.',
    )
    .argument('[filters...]', 'test files, as Vitest takes them (default: all)')
    .optionsGroup('What is run:')
    .option('-t, --test-name-pattern <pattern>', 'only tests whose full name matches')
    .option('--root <directory>', 'root of the project (default: the current directory)')
    .option('--config <file>', 'Vitest’s configuration')
    .addOption(several('--project <name>', 'only this Vitest project'))
    .optionsGroup('Under what:')
    .addOption(
      new Option('--runs <count>', 'runs after which a file in which nothing has differed is taken for stable')
        .argParser(wholeNumber(1))
        .default(DEFAULT_RUNS),
    )
    .addOption(
      new Option(
        '--memory <quantities>',
        'memory limits to try; max: the project’s own (default: 64Mi,128Mi,256Mi,max)',
      ).argParser((text) => list(text, memoryLimit)),
    )
    .addOption(
      new Option('--cpu <quantities>', 'CPU limits to try; max: the project’s own (default: 100m,500m,max)').argParser(
        (text) => list(text, cpuLimit),
      ),
    )
    .option('--shuffle', 'vary the order of the tests in each file', false)
    .option('--vary-clock', 'vary the time of day and the time zone', false)
    .addOption(
      new Option('--seed <number>', 'what everything random is derived from')
        .argParser(wholeNumber(0))
        .default(randomInt(SEEDS), 'another one each time'),
    )
    .addOption(
      new Option('--budget <duration>', 'end after this time, with what has been found: 90s, 10m, 2h')
        .argParser(duration)
        .default(DEFAULT_BUDGET, '10m'),
    )
    .option('--resume', 'go on with the last sweep of this project, which was ended before it was done', false)
    .optionsGroup('To see a failure again:')
    .addOption(new Option('--order <seed>', 'run tests in the order of this seed').argParser(wholeNumber(0)))
    .addOption(new Option('--clock <time>', 'begin at this time: 2028-02-29T23:59:58.000Z').argParser(instant))
    .addOption(new Option('--time-zone <name>', 'in this time zone: Asia/Kolkata').argParser(timeZone))
    .optionsGroup('Memory:')
    .option('--min-memory', 'find the smallest memory limit that each file passes with', false)
    .option('--write [file]', 'put these limits into an overrides file (default: mydocker.overrides.json)')
    .optionsGroup('Reports:')
    .option('--json <file>', 'everything that was found')
    .option('--html <file>', 'the same as a page')
    .option('--junit <file>', 'the same for CI systems')
    .option('--markdown [file]', 'a job summary; without a file, in $GITHUB_STEP_SUMMARY, or mydocker-flaky.md')
    .option('--quarantine <file>', 'tests that are known, and fail nothing')
    .option('--write-quarantine <file>', 'add what was found to such a list')
    .option(
      '--fail-on <verdicts>',
      'verdicts for which it ends with 1, or none',
      'flaky,resource-affected,order-dependent,stable-fail',
    )
    .action(async (filters: string[], options: FlakyOptions) => action(filters, options))
}

/**
 * @param onEvent told of limits that are not varied because they cannot be enforced here
 * @throws MydockerError stage `options`: such limits were asked for
 */
export async function settingsOf(options: FlakyOptions, onEvent: EventSink): Promise<SweepSettings> {
  const { runs, shuffle, varyClock, seed, order, budget } = options
  const memory = await limitsOf('memory', options.memory, DEFAULT_MEMORY, onEvent)
  const cpu = await limitsOf('cpu', options.cpu, DEFAULT_CPU, onEvent)
  return { runs, memory, cpu, shuffle, varyClock, seed, order, clock: clockOf(options), budget }
}

async function limitsOf(
  resource: 'memory' | 'cpu',
  asked: readonly (number | null)[] | undefined,
  usual: readonly (number | null)[],
  onEvent: EventSink,
): Promise<readonly (number | null)[]> {
  const limits = asked ?? usual
  const limit = limits.find((each) => each !== null)
  const problem = limit === undefined || limit === null ? undefined : await whyUnenforceable({ [resource]: limit })
  if (problem === undefined) return limits
  if (asked === undefined) {
    const message = `${resource} limits are not varied: ${problem.summary}`
    onEvent({ type: 'Warning', reason: 'LimitUnavailable', message })
    return [null]
  }
  throw new MydockerError({
    stage: 'options',
    message: `--${resource}: such limits cannot be enforced here: ${problem.summary}`,
    hint: `${problem.fields.hint ?? 'See what this machine lacks: npx mydocker doctor.'} Or leave them as they are: --${resource} max.`,
  })
}

export function selectionOf(filters: readonly string[], options: FlakyOptions): Selection {
  const { root, config, project, testNamePattern } = options
  return { filters, root, config, project, testNamePattern }
}

function clockOf({ clock, timeZone: zone }: FlakyOptions): Clock | undefined {
  if (clock === undefined && zone === undefined) return undefined
  return {
    start: clock ?? new Date().toISOString(),
    timeZone: zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
  }
}

function list<T>(text: string, parse: (text: string) => T): (T | null)[] {
  return text.split(',').map((each) => (each.trim() === 'max' ? null : parse(each.trim())))
}

function memoryLimit(text: string): Bytes {
  const limit = parseMemory(text, '--memory')
  if (limit >= LEAST_MEMORY) return limit
  throw new InvalidArgumentError(
    `${formatBytes(limit)} is below ${formatBytes(LEAST_MEMORY)}, which Node with Vitest needs.`,
  )
}

function cpuLimit(text: string): Millicores {
  const limit = parseCpu(text, '--cpu')
  if (limit >= LEAST_CPU) return limit
  throw new InvalidArgumentError(`${formatCpu(limit)} is below ${LEAST_CPU}m, the least that the kernel enforces.`)
}

function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && Number.isSafeInteger(value)) return value
    throw new InvalidArgumentError(`It must be a whole number from ${least} on.`)
  }
}

function duration(text: string): Milliseconds {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)([smh])$/.exec(text) ?? []
  const factor = DURATION_UNITS[unit]
  if (factor === undefined || Number(amount) === 0)
    throw new InvalidArgumentError('It must be a duration such as 90s, 10m or 2h.')
  return Number(amount) * factor
}

function instant(text: string): string {
  const time = Date.parse(text)
  if (Number.isNaN(time)) throw new InvalidArgumentError('It must be a time such as 2028-02-29T23:59:58.000Z.')
  return new Date(time).toISOString()
}

function timeZone(text: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone
  } catch {
    throw new InvalidArgumentError('It must be the name of a time zone such as Asia/Kolkata.')
  }
}

function several(flags: string, description: string): Option {
  return new Option(flags, description)
    .argParser((text: string, list: readonly string[]) => [...list, text])
    .default([], 'all')
}

import { Command, InvalidArgumentError, Option } from 'commander'
import { type PoolName, poolNames } from './pools.ts'
import { type SuiteName, suiteNames } from './suites.ts'
import type { Workers } from './vitest-run.ts'

export const vitestVersions = ['4.1', '5.1'] as const
export type VitestVersion = (typeof vitestVersions)[number]

/** What of the benchmark is run. */
const modeNames = ['compare', 'container', 'memory', 'profile', 'overcommit'] as const
export type Mode = (typeof modeNames)[number]

export interface Options {
  readonly modes: ReadonlySet<Mode>
  /** Undefined, here and below: as planned for each suite. */
  readonly suites?: readonly SuiteName[]
  readonly pools?: readonly PoolName[]
  readonly vitest?: readonly VitestVersion[]
  readonly workers: readonly Workers[]
  readonly rounds: number
  readonly quick: boolean
  readonly tarball?: string
  /** Results of an earlier run to report on, instead of a run. */
  readonly from?: string
  readonly json?: string
  readonly svg?: string
}

/** Exits with a message when the arguments are wrong. */
export function parseOptions(argv: readonly string[]): Options {
  const program = new Command('bench')
    .description("Compares mydocker with Vitest's own pools and with other container programs. Prints Markdown.")
    .option('--compare', 'suites, with every pool (alone when suites or pools are named; else all five parts are run)')
    .option('--container', 'starts of a container, against crun, bubblewrap and podman')
    .option('--memory', 'memory of workers while their tests idle')
    .option('--profile', "where a file's milliseconds go, in mydocker")
    .option('--overcommit', 'files that together ask for more memory than there is, against one after the other')
    .addOption(list('--suites <names>', suiteNames))
    .addOption(list('--pools <names>', poolNames))
    .addOption(list('--vitest <versions>', vitestVersions))
    .option('--workers <list>', "numbers of workers, or Vitest's default", parseWorkers, ['default', 2])
    .option('--rounds <number>', 'runs of each pool, interleaved', parseCount, 3)
    .option('--quick', 'small suites and one round: whether it works at all')
    .option('--tarball <file>', 'measure this package instead of what the checkout holds')
    .option('--from <file>', 'report on an earlier --json instead of measuring')
    .option('--json <file>', 'write everything measured')
    .option('--svg <file>', 'draw a chart')
    .parse(argv)
  const { quick = false, ...options } = program.opts<Partial<Record<Mode, true>> & Omit<Options, 'modes'>>()
  const rounds = quick && program.getOptionValueSource('rounds') === 'default' ? 1 : options.rounds
  return { ...options, quick, rounds, modes: modesOf(options) }
}

function modesOf(options: Partial<Record<Mode, true>> & Pick<Options, 'suites' | 'pools'>): Set<Mode> {
  const named = modeNames.filter((mode) => options[mode])
  if (named.length > 0) return new Set(named)
  return new Set(options.suites === undefined && options.pools === undefined ? modeNames : ['compare'])
}

function list(flags: string, choices: readonly string[]): Option {
  return new Option(flags, `comma-separated, of ${choices.join(', ')}`).argParser((text) => {
    const names = text.split(',')
    const unknown = names.find((name) => !choices.includes(name))
    if (unknown !== undefined) throw new InvalidArgumentError(`${unknown} is none of ${choices.join(', ')}`)
    return names
  })
}

function parseWorkers(text: string): Workers[] {
  return text.split(',').map((word) => (word === 'default' ? word : parseCount(word)))
}

function parseCount(text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError(`${text} is not a number from 1`)
  return count
}

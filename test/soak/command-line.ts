import { Command, InvalidArgumentError, Option } from 'commander'

export interface Options {
  readonly vitest: '4.1' | '5.1'
  readonly pods: number
  readonly edits: number
  readonly peerPods: number
  readonly peerEdits: number
  /** Samples of an earlier soak to report on, instead of one. */
  readonly from?: string
  readonly json?: string
  readonly samples?: string
  readonly chart?: string
}

/** Exits with a message when the arguments are wrong. */
export function parseOptions(argv: readonly string[]): Options {
  const options = new Command('soak')
    .description(
      'Runs test files again and again in one watch mode, and shows whether anything piles up. Exits with 1 when something does.',
    )
    .addOption(new Option('--vitest <version>').choices(['4.1', '5.1']).default('5.1'))
    .option('--pods <number>', 'pods to run, 100 test files at a time', parseCount, 10_000)
    .option('--edits <number>', 're-runs after an edit; two hours have 240 times 30 s', parseCount, 240)
    .option(
      '--peer-pods <number>',
      "the same with Vitest's forks, for comparison: files (default: a tenth)",
      parseCount,
    )
    .option('--peer-edits <number>', 'and edits (default: a quarter)', parseCount)
    .option('--json <file>', 'write the figures of the table')
    .option('--samples <file>', 'write every sample')
    .option('--from <file>', 'report on an earlier --samples instead of measuring')
    .option('--chart <file>', 'draw all series, as SVG')
    .parse(argv)
    .opts<Omit<Options, 'peerPods' | 'peerEdits'> & Partial<Options>>()
  return { peerPods: Math.ceil(options.pods / 10), peerEdits: Math.ceil(options.edits / 4), ...options }
}

function parseCount(text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 0) throw new InvalidArgumentError(`${text} is not a number`)
  return count
}

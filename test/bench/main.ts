import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, release, tmpdir, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { Command, InvalidArgumentError, Option } from 'commander'
import { compare } from './compare.ts'
import { install, pack } from './installation.ts'
import { type PoolName, poolNames } from './pools.ts'
import { report } from './report.ts'
import type { Host, Results, Runs } from './results.ts'
import { type SuiteName, suiteNames } from './suites.ts'
import type { Workers } from './vitest-run.ts'

const platforms = [
  { vitest: '4.1', node: 20 },
  { vitest: '5.1', node: 24 },
] as const

interface Options {
  readonly suites: SuiteName[]
  readonly pools: PoolName[]
  readonly vitest: string[]
  readonly workers: Workers[]
  readonly rounds: number
  readonly quick: boolean
  readonly tarball?: string
  readonly json?: string
}

const program = new Command('bench')
  .description("Compares mydocker with Vitest's own pools. Prints Markdown tables.")
  .addOption(list('--suites <names>', 'suites', suiteNames))
  .addOption(list('--pools <names>', 'pools', poolNames))
  .addOption(
    list(
      '--vitest <versions>',
      'versions of Vitest, each on its Node',
      platforms.map(({ vitest }) => vitest),
    ),
  )
  .option('--workers <list>', 'worker settings', parseWorkers, ['default', 2])
  .option('--rounds <number>', 'runs of each pool, interleaved', parseCount, 3)
  .option('--quick', 'small suites: whether it works at all', false)
  .option('--tarball <file>', 'measure this package instead of what the checkout holds')
  .option('--json <file>', 'write everything measured')

await main(program.parse().opts<Options>())

async function main(options: Options): Promise<void> {
  const temporary = await mkdtemp(join(tmpdir(), 'vitest-pool-mydocker-bench-'))
  try {
    const tarball = options.tarball === undefined ? await pack(temporary) : resolve(options.tarball)
    const results: Results = { host: host(), quick: options.quick, runs: await comparisons(options, tarball) }
    process.stdout.write(`${report(results)}\n`)
    if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(results, undefined, 2)}\n`)
    if (results.runs.some(({ error }) => error !== undefined)) process.exitCode = 1
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

async function comparisons(options: Options, tarball: string): Promise<Runs[]> {
  const runs: Runs[] = []
  for (const platform of platforms.filter(({ vitest }) => options.vitest.includes(vitest))) {
    const installation = await install(platform, tarball)
    for (const suite of options.suites)
      runs.push(...(await compare(installation, { ...options, suite, onProgress: say })))
  }
  return runs
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

function host(): Host {
  return {
    date: new Date().toISOString(),
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryBytes: totalmem(),
    kernel: release(),
    load: loadavg()[0] ?? 0,
  }
}

/** A comma-separated choice; all of them when it is absent. */
function list(flags: string, what: string, choices: readonly string[]): Option {
  return new Option(flags, `${what}: ${choices.join(',')}`).default([...choices], 'all').argParser((text) => {
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

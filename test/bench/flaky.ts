import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { markdownTable } from 'markdown-table'
import { median } from 'simple-statistics'
import { parseFlakyReport } from '../../plugin/flaky/schema.ts'
import { type CorpusLabel, labels } from '../flaky-corpus/labels.ts'
import { machine, machineLine } from '../support/machine.ts'
import { type Files, makeProjectIn, type Project, removeProjects } from '../support/project.ts'
import { toolbox } from '../support/toolbox.ts'
import { mydocker, vitest } from '../support/vitest-run.ts'
import { type Result, repeat, resultOf, sweep } from './flaky-contenders.ts'
import { type Score, score } from './flaky-score.ts'

// npm run bench:flaky: how many of the flaky tests of a corpus are found, and of the stable ones; and what a run costs. Prints Markdown.
const program = new Command('bench:flaky')
  .option('--budget <duration>', 'of the sweep (default: its own)')
  .option('--runs <number>', 'of the sweep (default: its own)')
  .option('--only <filter>', 'files of the corpus whose name contains it')
  .option('--skip-forks', 'no repetition under forks')
  .option('--report <file>', 'score the report of an earlier sweep')
  .option('--json <file>', 'keep the report of the sweep')
  .option('--speed', 'instead: what runs of one small file cost, against forks')
  .option('--repeat <number>', 'with --speed: runs', Number, 1000)
  .option('--rounds <number>', 'with --speed: of each contender, interleaved', Number, 3)
  .parse(process.argv)
const options = program.opts<{
  budget?: string
  runs?: string
  only?: string
  skipForks?: true
  report?: string
  json?: string
  speed?: true
  repeat: number
  rounds: number
}>()

const PLATFORM = { vitest: '5.1', node: 24 } as const
const SMALL = `import { expect, test } from 'vitest'\ntest('adds', () => expect(1 + 1).toBe(2))\n`
const CORPUS = fileURLToPath(new URL('../flaky-corpus', import.meta.url))

try {
  process.stdout.write(`${machineLine(machine())}\n\n`)
  process.stdout.write(options.speed === true ? await speed() : await quality())
} finally {
  await removeProjects()
}

async function quality(): Promise<string> {
  const chosen = labels.filter(({ file }) => file.includes(options.only ?? ''))
  const results = options.report === undefined ? await compete(chosen) : [await stored(options.report)]
  const scores = results.map((result) => ({ result, score: score(chosen, result.judgements) }))
  return [summary(scores), byCategory(scores), ...scores.map(details)].join('\n\n')
}

async function stored(file: string): Promise<Result> {
  return resultOf(parseFlakyReport(await readFile(file, 'utf8'), file))
}

async function compete(chosen: readonly CorpusLabel[]): Promise<Result[]> {
  const files = await corpusFiles(new Set(chosen.map(({ file }) => file)))
  const project = await makeProjectIn(await toolbox(PLATFORM.vitest), PLATFORM, files)
  const given = (['budget', 'runs'] as const).flatMap((name) =>
    options[name] === undefined ? [] : [`--${name}`, options[name]],
  )
  const swept = await sweep(project, ['--shuffle', '--vary-clock', ...given])
  if (options.json !== undefined) await writeFile(options.json, await readFile(project.path('sweep.json')))
  process.stderr.write(`swept: ${swept.fileRuns} runs in ${Math.round(swept.seconds)} s\n`)
  if (options.skipForks === true) return [swept]
  return [swept, ...(await repeat(project, swept, (round) => process.stderr.write(`forks: repetition ${round}\n`)))]
}

async function corpusFiles(wanted: ReadonlySet<string>): Promise<Files> {
  const entries = await readdir(CORPUS, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(CORPUS, join(entry.parentPath, entry.name)))
    .filter((path) => wanted.has(path) || path === 'vitest.config.ts')
  const contents = await Promise.all(
    paths.map(async (path) => [path, await readFile(join(CORPUS, path), 'utf8')] as const),
  )
  return Object.fromEntries(contents)
}

interface Scored {
  readonly result: Result
  readonly score: Score
}

function summary(scores: readonly Scored[]): string {
  const head = [
    'contender',
    'runs of files',
    'time',
    'precision',
    'recall',
    'of resource-affected',
    'and named so',
    'runs to detection',
  ]
  const rows = scores.map(({ result, score: own }) => [
    result.name,
    String(result.fileRuns),
    `${Math.round(result.seconds)} s`,
    share(own.precision),
    share(own.recall),
    share(own.recallOfResources),
    result.name.startsWith('forks') ? '' : share(own.namedResources),
    own.runsToDetection === undefined ? '' : `${own.runsToDetection}`,
  ])
  return markdownTable([head, ...rows], { align: ['l', 'r', 'r', 'r', 'r', 'r', 'r', 'r'] })
}

function byCategory(scores: readonly Scored[]): string {
  const categories = [...(scores[0]?.score.recallOf.keys() ?? [])]
  const head = ['recall by category', ...scores.map(({ result }) => result.name)]
  const rows = categories.map((category) => [
    category,
    ...scores.map(({ score: own }) => share(own.recallOf.get(category))),
  ])
  return markdownTable([head, ...rows], { align: ['l', ...scores.map(() => 'r')] })
}

function details({ result, score: { missed, falseAlarms, confusion } }: Scored): string {
  const verdicts = [...new Set([...confusion.values()].flatMap((row) => [...row.keys()]))].sort()
  const table = markdownTable([
    ['label', ...verdicts],
    ...[...confusion].map(([label, row]) => [label, ...verdicts.map((verdict) => String(row.get(verdict) ?? ''))]),
  ])
  const list = (what: string, some: readonly CorpusLabel[]): string[] =>
    some.length === 0 ? [] : [`${what}:`, ...some.map(({ file, test, label }) => `- ${file} > ${test} (${label})`)]
  return [`${result.name}:`, '', table, '', ...list('missed', missed), ...list('false alarms', falseAlarms)].join('\n')
}

function share(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(3)
}

/** The same file again and again, against as many copies of it in one run of Vitest, which is the fastest that forks can do. */
async function speed(): Promise<string> {
  const count = options.repeat
  const directory = await toolbox(PLATFORM.vitest)
  const one = await makeProjectIn(directory, PLATFORM, {
    'vitest.config.ts': 'export default {}',
    'small.test.ts': SMALL,
  })
  const copies = Object.fromEntries(Array.from({ length: count }, (_, index) => [`small-${index}.test.ts`, SMALL]))
  const many = await makeProjectIn(directory, PLATFORM, { 'vitest.config.ts': 'export default {}', ...copies })
  const contenders: readonly (readonly [string, () => Promise<number>])[] = [
    ['mydocker flaky', () => timedSweep(one, count)],
    ['forks', () => timedForks(many, [])],
    ['forks, 2 workers', () => timedForks(many, ['--maxWorkers=2'])],
  ]
  const times = new Map(contenders.map(([name]) => [name, [] as number[]]))
  for (let round = 0; round < options.rounds; round++)
    for (const [name, run] of contenders) times.get(name)?.push(await run())
  const own = median(times.get('mydocker flaky') ?? [])
  const rows = [...times].map(([name, all]) => [
    name,
    `${median(all).toFixed(1)} s`,
    `${((median(all) / count) * 1000).toFixed(1)} ms`,
    (own / median(all)).toFixed(3),
  ])
  const head = [`${count} runs of a small file`, 'time', 'each', 'mydocker flaky takes … of it']
  return `${markdownTable([head, ...rows], { align: ['l', 'r', 'r', 'r'] })}\n`
}

/** @returns seconds. @throws Error unless all runs have passed */
async function timedSweep(project: Project, count: number): Promise<number> {
  const begin = performance.now()
  const args = ['--runs', String(count), '--memory', 'max', '--cpu', 'max', '--budget', '1h']
  const run = await mydocker(project, ['flaky', 'small.test.ts', ...args])
  if (run.exitCode !== 0 || !run.output.includes(`${count} runs`)) throw new Error(run.output)
  return (performance.now() - begin) / 1000
}

async function timedForks(project: Project, args: readonly string[]): Promise<number> {
  const begin = performance.now()
  const run = await vitest(project, ['run', '--pool=forks', ...args]).ended
  if (run.exitCode !== 0) throw new Error(run.output)
  return (performance.now() - begin) / 1000
}

import { bytesPerWorker, medianWall, ratio, startTime, wallOf, wallPerFile, wasAsked } from './figures.ts'
import type { Results, Runs } from './results.ts'

/** What this package promises: a ratio of medians of one interleaved run, and how high it may be. */
export interface Bar {
  readonly what: string
  readonly atMost: number
  /** Undefined where a measurement failed. */
  readonly measured: number | undefined
}

export function isKept({ atMost, measured }: Bar): boolean {
  return measured !== undefined && measured <= atMost
}

const promises: readonly (readonly [suite: string, vitest: string, pool: string, against: string, atMost: number])[] = [
  ['small', '5.1', 'mydocker-zygote', 'forks', 0.2],
  ['small', '5.1', 'mydocker-zygote', 'threads', 0.35],
  ['small', '5.1', 'mydocker-zygote', 'vmThreads', 1],
  ['small', '4.1', 'mydocker-zygote', 'forks', 0.3],
  ['jsdom', '5.1', 'mydocker-zygote', 'forks', 0.25],
  ['imports', '5.1', 'mydocker-zygote', 'forks', 0.6],
  ['imports', '5.1', 'mydocker-warm', 'forks', 0.3],
]

/** As many files at a time as there are cores, or with one idle. */
const cpuBars: Readonly<Record<string, number>> = { default: 1.1, 1: 1.1 }
const CPU_BAR = 1.05
const MANY_BAR = 1.1
const OVERCOMMIT_BAR = 0.8

/** All bars that something was to be measured of. */
export function bars(results: Results): Bar[] {
  const settings = new Set(results.runs.map(({ workers }) => workers))
  return [
    ...[...settings].flatMap((workers) => poolBars(results, workers)),
    ...startBars(results),
    ...memoryBars(results),
    ...overcommitBars(results),
  ]
}

/** Files that wait for one another use the machine all the same; and what is promised to them is there. */
function overcommitBars({ overcommits }: Results): Bar[] {
  const single = overcommits.find(({ workers }) => workers === 1)
  return overcommits
    .filter(({ workers }) => workers > 1)
    .flatMap((each) => {
      const what = `more than fits, Vitest ${each.vitest}, workers ${each.workers}`
      const measured = ratio(medianWall(each), single === undefined ? undefined : medianWall(single))
      const reserved = each.error === undefined ? each.mostBytes / each.allocatableBytes : undefined
      return [
        { what: `${what}: to one worker`, atMost: OVERCOMMIT_BAR, measured },
        { what: `${what}: requested to allocatable`, atMost: 1, measured: reserved },
      ]
    })
}

function poolBars(results: Results, workers: Runs['workers']): Bar[] {
  const all = [...promises, ['cpu', '5.1', 'mydocker-zygote', 'forks', cpuBars[workers] ?? CPU_BAR] as const]
  const many = { suite: 'many', vitest: '5.1', workers, pool: 'mydocker-zygote' }
  const small = { ...many, suite: 'small' }
  const comparisons = all.map(([suite, vitest, pool, against, atMost]) => {
    const ours = { suite, vitest, workers, pool }
    const theirs = { ...ours, pool: against }
    const what = `${suite}, Vitest ${vitest}, workers ${workers}: ${pool} to ${against}`
    return { ours, theirs, bar: { what, atMost, measured: ratio(wallOf(results, ours), wallOf(results, theirs)) } }
  })
  const measured = ratio(wallPerFile(results, many), wallPerFile(results, small))
  const perFile = { what: `many, Vitest 5.1, workers ${workers}: a file to one of small`, atMost: MANY_BAR, measured }
  return [
    ...[...comparisons, { ours: many, theirs: small, bar: perFile }]
      .filter(({ ours, theirs }) => wasAsked(results, ours) && wasAsked(results, theirs))
      .map(({ bar }) => bar),
    ...results.runs
      .filter((run) => run.workers === workers && run.pool.startsWith('mydocker') && run.residues !== undefined)
      .flatMap((run) => residueBars(run, results.quick)),
  ]
}

function residueBars({ suite, files, vitest, workers, pool, residues = [] }: Runs, quick: boolean): Bar[] {
  const setting = `${suite}, Vitest ${vitest}, workers ${workers}: ${pool}`
  const left = Math.max(...residues.map(({ leftBehind }) => leftBehind.length))
  const gained = Math.max(...residues.flatMap(({ growth }) => Object.values(growth)))
  const leftBehind = { what: `${setting}, things left behind`, atMost: 0, measured: left }
  // What comes and goes is more than a leak of a few files.
  if (quick) return [leftBehind]
  // Of half of the files. A leak is one of something per file; what merely comes and goes is far below that, over many files.
  return [leftBehind, { what: `${setting}, gained per file`, atMost: 0.2, measured: gained / (files / 2) }]
}

function startBars({ starts }: Results): Bar[] {
  if (starts.length === 0) return []
  const alone = starts.filter(({ concurrency }) => concurrency === 1)
  const time = (name: string) => {
    const found = alone.find(({ contender }) => contender === name)
    return found === undefined ? undefined : startTime(found, 0.5)
  }
  return [
    { what: 'container of /bin/true: mydocker to crun', atMost: 0.5, measured: ratio(time('mydocker'), time('crun')) },
    { what: 'container of /bin/true: mydocker to bwrap', atMost: 1, measured: ratio(time('mydocker'), time('bwrap')) },
  ]
}

function memoryBars({ memory }: Results): Bar[] {
  return memory
    .filter(({ pool }) => pool === 'mydocker-zygote')
    .flatMap((ours) => {
      const forks = memory.find(({ pool, vitest }) => pool === 'forks' && vitest === ours.vitest)
      if (forks === undefined) return []
      const measured = ratio(bytesPerWorker(ours), bytesPerWorker(forks))
      return [{ what: `memory of one more, Vitest ${ours.vitest}: mydocker-zygote to forks`, atMost: 0.4, measured }]
    })
}

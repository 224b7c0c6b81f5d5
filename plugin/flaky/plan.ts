import { clockFor } from './clocks.ts'
import { followUps } from './follow-ups.ts'
import { randomOf } from './seeds.ts'
import { hasDiffered, subjectsOf } from './subjects.ts'
import type { RunConditions, SweepFile, SweepSettings } from './types.ts'

/** Runs to follow up that are asked for at once: the next ones depend on how these come out. */
const BATCH = 4
/** Of those to screen a file, which depend on nothing, so many that machines with many cores are kept busy by one file. */
const SCREENING_BATCH = 48
/** A file in which everything always fails is no riddle. Seven of ten runs may fail by chance, but as many of them in 1 of 70 cases. */
const RUNS_OF_FAILING = 12
/** Follow-ups included, in multiples of `runs`. */
const MOST_RUNS = 4

/**
 * The sequential design of a sweep. A file is screened first: `runs` runs, spread over the limits with most weight on the ends of each, so
 * that each can be told from the others, half of them in another order of tests and a third at another time of day where that is asked for.
 * Where something has differed it is followed up until it is clear on what that depends.
 * @returns the conditions of the next runs; none when nothing is open
 */
export function nextRuns(file: SweepFile, settings: SweepSettings): RunConditions[] {
  const counted = file.runs.filter(({ outcome }) => outcome !== 'void').length
  if (counted < settings.runs) {
    if (counted >= RUNS_OF_FAILING && alwaysFails(file)) return []
    const end = Math.min(settings.runs, counted < RUNS_OF_FAILING ? RUNS_OF_FAILING : counted + SCREENING_BATCH)
    return Array.from({ length: end - counted }, (_, index) => screening(file, counted + index, settings))
  }
  if (settings.runs === 1 || counted >= MOST_RUNS * settings.runs) return []
  return subjectsOf(file)
    .filter(hasDiffered)
    .flatMap((subject) => followUps(subject, file, settings))
    .slice(0, BATCH)
}

/** Ends of a scale, and what is between them. */
type Place = 'ample' | 'scarce' | 'between'

/** Ten runs each: of memory and of CPU. */
const BLOCK: readonly (readonly [memory: Place, cpu: Place])[] = [
  ['ample', 'ample'],
  ['scarce', 'ample'],
  ['ample', 'scarce'],
  ['ample', 'ample'],
  ['between', 'ample'],
  ['ample', 'between'],
  ['ample', 'ample'],
  ['scarce', 'ample'],
  ['ample', 'scarce'],
  ['scarce', 'scarce'],
]

/** @param number of the run among those that count, from 0. The first one is as ever, with the seed of the sweep: that is how a run is repeated. */
function screening(file: SweepFile, number: number, settings: SweepSettings): RunConditions {
  const block = Math.floor(number / BLOCK.length)
  const within = number % BLOCK.length
  const [memory, cpu] = BLOCK[within] ?? ['ample', 'ample']
  // Between blocks they change, so that each limit is seen with and without.
  const isShuffled = settings.shuffle && (within + block) % 2 === 1
  const isClocked = settings.varyClock && (within + 2 * block) % 3 === 2
  const random = (what: string): number => randomOf(settings.seed, file, `${what} ${number}`)
  const clock = isClocked ? clockFor(settings.seed, file, number) : undefined
  return {
    memory: limitAt(settings.memory, memory, block),
    cpu: limitAt(settings.cpu, cpu, block),
    seed: number === 0 ? settings.seed : random('seed'),
    order: settings.order ?? (isShuffled ? random('order') : undefined),
    clock: settings.clock ?? clock,
  }
}

/** @returns undefined for `max` */
function limitAt(limits: readonly (number | null)[], place: Place, block: number): number | undefined {
  const sorted = scale(limits)
  if (place === 'ample') return sorted.at(-1) ?? undefined
  if (place === 'scarce' || sorted.length < 3) return sorted[0] ?? undefined
  return sorted[1 + (block % (sorted.length - 2))] ?? undefined
}

/** From scarce to ample; `max` is the end. */
export function scale(limits: readonly (number | null)[]): (number | null)[] {
  return limits.toSorted((a, b) => (a ?? Number.POSITIVE_INFINITY) - (b ?? Number.POSITIVE_INFINITY))
}

function alwaysFails(file: SweepFile): boolean {
  const subjects = subjectsOf(file).filter(({ seen, test }) => seen.length > 0 && test !== undefined)
  if (subjects.length === 0) return file.runs.every(({ outcome }) => outcome !== 'passed')
  return subjects.every(({ seen }) => seen.every(({ failed }) => failed))
}

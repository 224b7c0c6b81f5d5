import { rateUnder, withoutSeed } from './follow-ups.ts'
import { LEAST_REPEATS, type Subject } from './subjects.ts'
import type { RunConditions, SweepFile, TestFinding } from './types.ts'
import { formatCpuLimit, formatMemoryLimit } from './words.ts'

/** With this probability one of so many runs fails again, at the rate that was seen. */
const CONFIDENCE = 0.95

/** @returns one where runs under these conditions fail always; more where chance has a say that no condition takes away */
export function runsToReproduce(
  subject: Subject,
  conditions: RunConditions,
  { verdict, effects, rate }: Pick<TestFinding, 'verdict' | 'effects' | 'rate'>,
): number {
  if (verdict === 'stable-fail' || verdict === 'order-dependent') return 1
  const [same, alike] = [rateUnder(subject, conditions), rateUnder(subject, withoutSeed(conditions))]
  if ([same, alike].some(({ failed, runs }) => runs >= LEAST_REPEATS && failed === runs)) return 1
  // The first of them has the seed, the others have others. They were chosen because it failed there, which flatters their share.
  const others = effects.length > 0 ? effects.map(({ scarce }) => scarce.estimate) : [rate.estimate]
  const share = Math.min(alike.failed / (alike.runs + 1), ...others)
  return Math.ceil(Math.log(1 - CONFIDENCE) / Math.log(1 - share))
}

/** @returns the command that runs a file under these conditions, all of its tests: which of them ran before matters */
export function reproduceCommand(
  { project, file }: Pick<SweepFile, 'project' | 'file'>,
  conditions: RunConditions,
  runs: number,
): string {
  const { memory, cpu, seed, order, clock } = conditions
  return [
    'npx mydocker flaky',
    quoted(file),
    ...(project === '' ? [] : [`--project ${quoted(project)}`]),
    `--runs ${runs} --memory ${formatMemoryLimit(memory)} --cpu ${formatCpuLimit(cpu)}`,
    ...(seed === undefined ? [] : [`--seed ${seed}`]),
    ...(order === undefined ? [] : [`--order ${order}`]),
    ...(clock === undefined ? [] : [`--clock ${clock.start} --time-zone ${quoted(clock.timeZone)}`]),
  ].join(' ')
}

/** For a POSIX shell. */
function quoted(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

import type { RunConditions, SweepFile } from './types.ts'
import { formatCpuLimit, formatMemoryLimit } from './words.ts'

/** @returns the command that runs a file once under these conditions, all of its tests: which of them ran before matters */
export function reproduceCommand(
  { project, file }: Pick<SweepFile, 'project' | 'file'>,
  conditions: RunConditions,
): string {
  const { memory, cpu, seed, order, clock } = conditions
  return [
    'npx mydocker flaky',
    quoted(file),
    ...(project === '' ? [] : [`--project ${quoted(project)}`]),
    `--runs 1 --memory ${formatMemoryLimit(memory)} --cpu ${formatCpuLimit(cpu)}`,
    ...(seed === undefined ? [] : [`--seed ${seed}`]),
    ...(order === undefined ? [] : [`--order ${order}`]),
    ...(clock === undefined ? [] : [`--clock ${clock.start} --time-zone ${quoted(clock.timeZone)}`]),
  ].join(' ')
}

/** For a POSIX shell. */
function quoted(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

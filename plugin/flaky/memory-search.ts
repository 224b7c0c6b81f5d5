import { availableParallelism } from 'node:os'
import PQueue from 'p-queue'
import type { Bytes } from '../../runtime/units.ts'
import { findMinimumMemory } from './minimum-memory.ts'
import type { Performer } from './performer.ts'
import type { Progress } from './progress.ts'
import type { Recruit } from './recruits.ts'
import type { FlakyFileReport } from './types.ts'
import type { VitestSession } from './vitest-session.ts'

export interface MemorySearch {
  readonly files: readonly FlakyFileReport[]
  readonly session: VitestSession
  readonly performer: Performer
  readonly signal: AbortSignal
  readonly progress: Progress
}

/** Finds the smallest memory limit of each file, but for those that fail with ample memory too: there is none. */
export async function findMinimumMemories(search: MemorySearch): Promise<FlakyFileReport[]> {
  const queue = new PQueue({ concurrency: availableParallelism() })
  return Promise.all(search.files.map((file) => queue.add(() => withMinimum(search, file))))
}

async function withMinimum(search: MemorySearch, file: FlakyFileReport): Promise<FlakyFileReport> {
  const { session, signal } = search
  const recruit = session.recruits.find((each) => each.project === file.project && each.file === file.file)
  if (recruit === undefined || signal.aborted) return file
  const { limits } = session.run.options.podSpec(recruit.options.project, recruit.filepath)
  const minimumMemory = await findMinimumMemory({
    probe: (limit) => probe(search, recruit, limit),
    to: limits.memory,
    hint: Math.max(...file.runs.map(({ peakMemory }) => peakMemory ?? 0)),
  })
  return minimumMemory === undefined ? file : { ...file, minimumMemory }
}

/** @returns whether the file passed; undefined when that is not known */
async function probe(
  { performer, signal, progress }: MemorySearch,
  recruit: Recruit,
  memory: Bytes,
): Promise<boolean | undefined> {
  if (signal.aborted) return undefined
  const { run } = await performer.perform(recruit, { memory }, signal)
  progress.probed(recruit.file, memory)
  return run.outcome === 'void' ? undefined : run.outcome === 'passed'
}

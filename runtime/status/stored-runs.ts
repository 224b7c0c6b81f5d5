import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MydockerError } from '../errors.ts'
import { type RunState, runState } from './liveness.ts'
import { parseRunReport } from './schema.ts'
import type { RunReport } from './types.ts'

/** A run whose report was found in a project's cache. */
export interface StoredRun {
  readonly report: RunReport
  readonly state: RunState
}

/**
 * Reads the runs that a RunStore has written.
 * @param directory of runs (`stateDirectory`)
 * @returns the newest first; none when there is no such directory. Reports of other versions are left out, unless there is nothing else
 * @throws MydockerError stage `status`: what there is cannot be read
 */
export async function readRuns(directory: string): Promise<StoredRun[]> {
  const names = (await list(directory)).filter((name) => name.endsWith('.json'))
  const found = await Promise.allSettled(names.map((name) => readRun(join(directory, name))))
  const runs = found.flatMap((result) => (result.status === 'fulfilled' && result.value ? [result.value] : []))
  const problem = found.find((result) => result.status === 'rejected')
  if (runs.length === 0 && problem !== undefined) throw problem.reason
  return runs.toSorted((a, b) => b.report.run.startTime - a.report.run.startTime)
}

/**
 * @param file whose name was found in a directory of runs
 * @returns undefined when it has been removed
 * @throws MydockerError stage `status`: it cannot be read; or as parseRunReport
 */
export async function readRun(file: string): Promise<StoredRun | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw unreadable(file, error)
  }
  const report = parseRunReport(text, file)
  return { report, state: runState(report.run) }
}

async function list(directory: string): Promise<string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return []
    throw unreadable(directory, error)
  }
}

function unreadable(path: string, error: unknown): MydockerError {
  const hint = 'Look as the user who has run Vitest.'
  return new MydockerError({
    stage: 'status',
    message: 'cannot read what runs have left',
    path,
    errno: errnoOf(error),
    hint,
  })
}

function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}

import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import process from 'node:process'
import { messageOf } from '../runtime/errors.ts'
import type { Event } from '../runtime/event.ts'
import { SCHEMA_URL } from '../runtime/status/schema.ts'
import type { RunReport } from '../runtime/status/types.ts'
import type { ReportOptions } from './pod-options.ts'

type Kind = 'json' | 'html' | 'openmetrics'

/** Reason of the event of a file that was written, whose message is its path, relative to the root of the run. */
export const WRITTEN = 'ReportWritten'

const DEFAULT_PATHS: Readonly<Record<Kind, string>> = {
  json: 'mydocker-report.json',
  html: 'mydocker-report.html',
  openmetrics: 'mydocker-metrics.txt',
}

/** Loaded when they are asked for: a run without a page needs no chart library. */
const WRITERS: Readonly<Record<Kind, (report: RunReport) => Promise<string>>> = {
  // Editors check it by the schema.
  json: async (report) => `${JSON.stringify({ $schema: SCHEMA_URL, ...report }, undefined, 2)}\n`,
  html: async (report) => (await import('../runtime/status/html/page.ts')).htmlReport(report),
  openmetrics: async (report) => (await import('../runtime/status/openmetrics.ts')).openMetrics(report),
}

/** Name of the page in the directory of Vitest's own HTML report. */
const PAGE_BESIDE_VITEST = 'mydocker.html'

/** The files that a run's report is written to, as the options of its projects ask. */
export class ReportFiles {
  /** By their absolute paths: projects that share the plugin's options ask for the same file. */
  readonly #kinds = new Map<string, Kind>()

  /**
   * @param root of the project, which paths are relative to
   * @param vitestHtmlDirectory of Vitest's own HTML report, if it makes one: the page is put there too, so that both are served and kept as one
   */
  add(options: ReportOptions, root: string, vitestHtmlDirectory?: string): void {
    for (const kind of ['json', 'html', 'openmetrics'] as const) {
      const asked = options[kind]
      if (asked === undefined || asked === false) continue
      this.#kinds.set(resolve(root, asked === true ? DEFAULT_PATHS[kind] : asked), kind)
      if (kind === 'html' && vitestHtmlDirectory !== undefined) {
        this.#kinds.set(join(vitestHtmlDirectory, PAGE_BESIDE_VITEST), kind)
      }
    }
  }

  /**
   * Writes them, and makes directories as needed. A file is there whole or not at all.
   * @returns an event for each, a Warning for one that could not be written; never rejects
   */
  async write(report: RunReport): Promise<Event[]> {
    const events: Event[] = []
    for (const [path, kind] of this.#kinds) {
      const problem = await put(path, () => WRITERS[kind](report))
      const message = relative(report.run.root, path)
      events.push(
        problem === undefined ? { type: 'Normal', reason: WRITTEN, message } : notWritten(kind, path, problem),
      )
    }
    return events
  }
}

/** @returns what was in the way */
export async function put(path: string, text: () => Promise<string>): Promise<string | undefined> {
  const draft = `${path}.${process.pid}.draft`
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(draft, await text())
    await rename(draft, path)
    return undefined
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {})
    return error instanceof Error && 'code' in error ? String(error.code) : messageOf(error)
  }
}

function notWritten(kind: Kind, path: string, problem: string): Event {
  const message = `report.${kind} could not be written to ${path}: ${problem}. ${CURES[problem] ?? 'Name another path in the option.'}`
  return { type: 'Warning', reason: 'ReportNotWritten', message }
}

/** What to do about what `put` tells. */
export const CURES: Readonly<Record<string, string>> = {
  EACCES: 'Give this user the right to write there, or name another path in the option.',
  EROFS: 'That file system is read-only: name a path on another one in the option.',
  EISDIR: 'A directory has that name: name a file in the option.',
  ENOTDIR: 'A part of the path is a file: name another path in the option.',
  EEXIST: 'A part of the path is a file: name another path in the option.',
  ENOSPC: 'The file system is full: free some space, or name a path on another one in the option.',
}

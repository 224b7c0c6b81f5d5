import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import * as v from 'valibot'
import { MydockerError } from '../../runtime/errors.ts'
import type { Recruit } from './recruits.ts'
import { sweepRunSchema, sweepSettingsSchema } from './schema.ts'
import type { SweepFile, SweepRun, SweepSettings } from './types.ts'

/** Sweeps whose runs are kept: of the last ones. */
const MOST_KEPT = 10

const headSchema = v.object({
  id: v.string(),
  startTime: v.number(),
  settings: sweepSettingsSchema,
  /** Of the contents of each file: runs of one that is another now say nothing. */
  files: v.array(v.object({ project: v.string(), file: v.string(), hash: v.string() })),
})

const lineSchema = v.object({
  project: v.string(),
  file: v.string(),
  tests: v.array(v.string()),
  run: sweepRunSchema,
})

/** What is kept of a sweep, so that it can be gone on with. */
export interface KeptSweep {
  readonly id: string
  readonly startTime: number
  readonly settings: SweepSettings
  readonly files: readonly SweepFile[]
}

/** The runs of a sweep, written as they end: one line of JSON each, so that nothing is lost in whatever way it ends. */
export class Journal {
  readonly #path: string

  /** @throws MydockerError stage `flaky` when it cannot be written */
  static begin(directory: string, { id, startTime, settings }: KeptSweep, recruits: readonly Recruit[]): Journal {
    mkdirSync(directory, { recursive: true })
    removeOld(directory)
    const journal = new Journal(path.join(directory, `${id}.jsonl`))
    const files = recruits.map(({ project, file, filepath }) => ({ project, file, hash: hashOf(filepath) }))
    writeFileSync(journal.#path, `${JSON.stringify({ id, startTime, settings, files })}\n`)
    return journal
  }

  static goOn(directory: string, id: string): Journal {
    return new Journal(path.join(directory, `${id}.jsonl`))
  }

  private constructor(file: string) {
    this.#path = file
  }

  add({ project, file, tests }: SweepFile, run: SweepRun): void {
    appendFileSync(this.#path, `${JSON.stringify({ project, file, tests, run })}\n`)
  }
}

/**
 * The last sweep, without the runs of files that have changed since.
 * @throws MydockerError stage `flaky`: there is none, or other things were asked of it
 */
export function readJournal(directory: string, settings: SweepSettings, recruits: readonly Recruit[]): KeptSweep {
  const name = journals(directory).at(-1)
  if (name === undefined)
    throw new MydockerError({
      stage: 'flaky',
      message: 'there is no sweep to resume in this project',
      path: directory,
      hint: 'Leave --resume out.',
    })
  const file = path.join(directory, name)
  const [first = '', ...lines] = readFileSync(file, 'utf8').split('\n')
  const head = parse(headSchema, first, file)
  // Nobody has to remember the seed, and there is another budget now.
  const resumed = { ...head.settings, budget: settings.budget }
  if (!isDeepStrictEqual(defined(resumed), defined({ ...settings, seed: resumed.seed })))
    throw new MydockerError({
      stage: 'flaky',
      message: `the last sweep was asked for something else: ${JSON.stringify(head.settings)}`,
      path: file,
      hint: 'Resume it with the same --runs, --memory, --cpu, --shuffle and --vary-clock, or leave --resume out.',
    })
  const unchanged = new Set(
    recruits.flatMap(({ project, file: name, filepath }) => {
      const before = head.files.find((each) => each.project === project && each.file === name)
      return before?.hash === hashOf(filepath) ? [keyOf(before)] : []
    }),
  )
  // A last line that is not complete was being written when the sweep ended.
  const runs = lines.slice(0, -1).map((line) => parse(lineSchema, line, file))
  return {
    id: head.id,
    startTime: head.startTime,
    settings: resumed,
    files: gather(runs.filter((run) => unchanged.has(keyOf(run)))),
  }
}

type Line = v.InferOutput<typeof lineSchema>

function gather(lines: readonly Line[]): SweepFile[] {
  const files = new Map<string, SweepFile>()
  for (const line of lines) {
    const { project, file, tests, run } = line
    const before = files.get(keyOf(line))?.runs ?? []
    files.set(keyOf(line), { project, file, tests, runs: [...before, { ...run, number: before.length + 1 }] })
  }
  return [...files.values()]
}

function keyOf({ project, file }: { readonly project: string; readonly file: string }): string {
  return JSON.stringify([project, file])
}

/** As it comes out of JSON. */
function defined(settings: object): unknown {
  return JSON.parse(JSON.stringify(settings))
}

function parse<T extends v.GenericSchema>(schema: T, line: string, file: string): v.InferOutput<T> {
  try {
    return v.parse(schema, JSON.parse(line))
  } catch {
    throw new MydockerError({
      stage: 'flaky',
      message: 'the journal of the last sweep is not one of this version',
      path: file,
      hint: 'Leave --resume out, or remove the file.',
    })
  }
}

function journals(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.jsonl'))
      .sort()
  } catch {
    return []
  }
}

function removeOld(directory: string): void {
  for (const name of journals(directory).slice(0, -(MOST_KEPT - 1))) rmSync(path.join(directory, name), { force: true })
}

function hashOf(filepath: string): string {
  return createHash('sha256').update(readFileSync(filepath)).digest('hex')
}

import { readFileSync } from 'node:fs'
import * as v from 'valibot'
import { MydockerError, messageOf } from '../../runtime/errors.ts'
import { replaceFile } from './replace-file.ts'
import type { FlakyFileReport, FlakyReport, TestFinding, Verdict } from './types.ts'

const entrySchema = v.looseObject({
  /** Relative to the root of its project. */
  file: v.string(),
  /** Full name; absent: every test of the file. */
  test: v.optional(v.string()),
  /** Name of its Vitest project; absent: whichever. */
  project: v.optional(v.string()),
  /** For people. */
  reason: v.optional(v.string()),
  since: v.optional(v.string()),
})

/**
 * Tests that are known to be flaky and are not to fail anything: `{ "tests": [{ "file": "src/a.test.ts", "test": "suite > name" }] }`. What
 * else people write in it is kept.
 */
const schema = v.looseObject({ tests: v.array(entrySchema) })

export type Quarantine = v.InferOutput<typeof schema>

const FLAKY: ReadonlySet<Verdict> = new Set(['flaky', 'resource-affected', 'order-dependent'])

/** How one finding is named in lists: `file > test`, after the project where there are several. */
export function keyOf(
  { project, file }: Pick<FlakyFileReport, 'project' | 'file'>,
  { name }: Pick<TestFinding, 'name'>,
): string {
  return `${project === '' ? '' : `${project} `}${file} > ${name}`
}

/** @throws MydockerError stage `options`: it is not there, or no such list */
export function readQuarantine(path: string): Quarantine {
  try {
    return v.parse(schema, JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    throw new MydockerError({
      stage: 'options',
      message: `--quarantine: ${messageOf(error)}`,
      path,
      hint: 'It is JSON such as { "tests": [{ "file": "src/a.test.ts", "test": "suite > name" }] }; --write-quarantine makes it.',
    })
  }
}

export function isQuarantined(
  { tests }: Quarantine,
  file: Pick<FlakyFileReport, 'project' | 'file'>,
  name: string,
): boolean {
  return tests.some(
    (entry) =>
      entry.file === file.file &&
      (entry.project === undefined || entry.project === file.project) &&
      (entry.test === undefined || entry.test === name),
  )
}

/** @returns the keys of all findings that the list has */
export function quarantinedKeys(list: Quarantine, { files }: Pick<FlakyReport, 'files'>): string[] {
  return files.flatMap((file) =>
    file.findings.filter(({ name }) => isQuarantined(list, file, name)).map((finding) => keyOf(file, finding)),
  )
}

/**
 * Adds what a sweep has found to a list, which is made if need be. Nothing is taken from it.
 * @returns how many were added, and which entries have no reason any more: the test has passed in every run, or is gone
 * @throws MydockerError stage `options`: there is something else in the file; stage `flaky`: it cannot be written
 */
export function writeQuarantine(path: string, report: FlakyReport): { added: number; stale: string[] } {
  const list = existing(path) ?? { tests: [] }
  const since = new Date(report.sweep.startTime).toISOString().slice(0, 10)
  const added = report.files.flatMap((file) =>
    file.findings
      .filter(({ verdict, name }) => FLAKY.has(verdict) && !isQuarantined(list, file, name))
      .map(({ name, verdict, cause }) => ({
        file: file.file,
        test: name,
        ...(file.project === '' ? {} : { project: file.project }),
        reason: cause === undefined ? verdict : `${verdict}: ${cause}`,
        since,
      })),
  )
  replaceFile(path, `${JSON.stringify({ ...list, tests: [...list.tests, ...added] }, undefined, 2)}\n`)
  return { added: added.length, stale: list.tests.filter((entry) => isStale(entry, report)).map(describe) }
}

type Entry = Quarantine['tests'][number]

function existing(path: string): Quarantine | undefined {
  try {
    readFileSync(path)
  } catch {
    return undefined
  }
  return readQuarantine(path)
}

/** Of files that were not swept nothing is known. */
function isStale({ file, project, test }: Entry, { files }: FlakyReport): boolean {
  const swept = files.filter((each) => each.file === file && (project === undefined || each.project === project))
  const findings = swept.flatMap((each) => each.findings).filter(({ name }) => test === undefined || name === test)
  return swept.length > 0 && findings.every(({ verdict }) => verdict === 'stable-pass')
}

function describe({ file, project, test }: Entry): string {
  return keyOf({ project: project ?? '', file }, { name: test ?? '(all tests)' })
}

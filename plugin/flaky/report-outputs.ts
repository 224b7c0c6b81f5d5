import { appendFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import process from 'node:process'
import { MydockerError, messageOf } from '../../runtime/errors.ts'
import { CURES, put } from '../report-files.ts'
import type { FlakyReport } from './types.ts'

/** Which reports of a sweep were asked for, and where they are to be: paths relative to the root. */
export interface ReportOutputs {
  readonly json?: string | undefined
  readonly html?: string | undefined
  readonly junit?: string | undefined
  /** `true`: the summary of the job of GitHub Actions, and where there is none a file of the default name. */
  readonly markdown?: string | true | undefined
}

type Kind = keyof ReportOutputs

const DEFAULT_MARKDOWN = 'mydocker-flaky.md'

/** Loaded when they are asked for. */
const WRITERS: Readonly<Record<Kind, (report: FlakyReport) => Promise<string>>> = {
  json: async (report) => (await import('./schema.ts')).flakyJson(report),
  html: async (report) => (await import('./html/page.ts')).flakyPage(report),
  junit: async (report) => (await import('./junit.ts')).flakyJunit(report),
  markdown: async (report) => (await import('./markdown.ts')).flakyMarkdown(report),
}

/**
 * Writes the reports that were asked for, and makes directories as needed. A file is there whole or not at all. In GitHub Actions Markdown is
 * appended to the summary of the job ($GITHUB_STEP_SUMMARY), whether it is written to a file or not.
 * @returns the paths of what was written, absolute
 * @throws MydockerError stage `report`, when all others are written: the first that could not be, and the cure
 */
export async function writeReports(report: FlakyReport, outputs: ReportOutputs, root: string): Promise<string[]> {
  const summary = process.env.GITHUB_STEP_SUMMARY || undefined
  const written: string[] = []
  const failures: Failure[] = []
  const note = (path: string, problem: string | undefined, what: string, cure?: string): void => {
    if (problem === undefined) written.push(path)
    else failures.push({ path, problem, what, cure: cure ?? CURES[problem] ?? 'Name another path in the option.' })
  }
  for (const [kind, path] of filesOf(outputs, summary !== undefined)) {
    const absolute = resolve(root, path)
    note(absolute, await put(absolute, () => WRITERS[kind](report)), `the report of --${kind}`)
  }
  if (outputs.markdown !== undefined && summary !== undefined) {
    note(summary, await appendSummary(report, summary), 'the summary of the job', SUMMARY_CURE)
  }
  const [first, ...others] = failures
  if (first !== undefined) throw notWritten(first, others)
  return written
}

function filesOf(outputs: ReportOutputs, hasSummary: boolean): (readonly [Kind, string])[] {
  const { json, html, junit, markdown } = outputs
  const markdownFile = markdown === true ? (hasSummary ? undefined : DEFAULT_MARKDOWN) : markdown
  const files = [['json', json] as const, ['html', html] as const, ['junit', junit] as const]
  return [...files, ['markdown', markdownFile] as const].flatMap(([kind, path]) =>
    path === undefined ? [] : [[kind, path] as const],
  )
}

/** @returns what was in the way */
async function appendSummary(report: FlakyReport, path: string): Promise<string | undefined> {
  const { flakyMarkdown, JOB_SUMMARY_MOST } = await import('./markdown.ts')
  try {
    // Earlier commands of the same step may have written to it.
    const size = await stat(path).then(
      (file) => file.size,
      () => 0,
    )
    await appendFile(path, flakyMarkdown(report, JOB_SUMMARY_MOST - size))
    return undefined
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : messageOf(error)
  }
}

const SUMMARY_CURE = 'Have GITHUB_STEP_SUMMARY name a file that this user may write to, or unset it.'

interface Failure {
  readonly what: string
  readonly path: string
  readonly problem: string
  readonly cure: string
}

function notWritten(first: Failure, others: readonly Failure[]): MydockerError {
  const more = others.map(({ what, path, problem, cure }) => `${what} (${path}): ${problem}. ${cure}`)
  return new MydockerError({
    stage: 'report',
    message: `${first.what} could not be written`,
    path: first.path,
    errno: first.problem,
    hint: [first.cure, ...(more.length === 0 ? [] : ['Nor could be:', ...more])].join('\n  '),
  })
}

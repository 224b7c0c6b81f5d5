import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { JOB_SUMMARY_MOST } from '../../plugin/flaky/markdown.ts'
import { writeReports } from '../../plugin/flaky/report-outputs.ts'
import { parseFlakyReport } from '../../plugin/flaky/schema.ts'
import { inventedSweep } from '../support/invented-sweep.ts'

const report = inventedSweep()
let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'flaky-reports-'))
  vi.stubEnv('GITHUB_STEP_SUMMARY', '')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(root, { recursive: true })
})

const read = (name: string): Promise<string> => readFile(join(root, name), 'utf8')

describe('the reports of a sweep', () => {
  it('are those that were asked for, in directories that are not there yet', async () => {
    const outputs = { json: 'a/sweep.json', html: 'a/b/sweep.html', junit: 'junit.xml', markdown: 'sweep.md' }
    const written = await writeReports(report, outputs, root)
    expect(written).toEqual(Object.values(outputs).map((path) => join(root, path)))
    expect(parseFlakyReport(await read('a/sweep.json'), 'sweep.json').files).toHaveLength(report.files.length)
    expect(await read('a/b/sweep.html')).toMatch(/^<!doctype html>/i)
    expect(await read('junit.xml')).toMatch(/^<\?xml .*\n<testsuites /)
    expect(await read('sweep.md')).toMatch(/^## Flaky tests/)
    expect((await readdir(root)).sort()).toEqual(['a', 'junit.xml', 'sweep.md'])
  })

  it('are none where none was asked for', async () => {
    vi.stubEnv('GITHUB_STEP_SUMMARY', join(root, 'summary.md'))
    expect(await writeReports(report, {}, root)).toEqual([])
    expect(await writeReports(report, { json: 'sweep.json' }, root)).toEqual([join(root, 'sweep.json')])
    expect(await readdir(root)).toEqual(['sweep.json'])
  })

  it('are in the summary of the job too, behind what is there, and within its size', async () => {
    const summary = join(root, 'summary.md')
    const before = `${'# Before\n'.repeat(116_000)}`
    await writeFile(summary, before)
    vi.stubEnv('GITHUB_STEP_SUMMARY', summary)
    expect(await writeReports(report, { markdown: 'sweep.md' }, root)).toEqual([join(root, 'sweep.md'), summary])
    const text = await read('summary.md')
    expect(text.startsWith(`${before}## Flaky tests: 13 findings\n`)).toBe(true)
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(JOB_SUMMARY_MOST)
    expect(text).toContain('had no room in a job summary')
    expect(await read('sweep.md')).not.toContain('had no room')
  })

  it('in Markdown without a path are the summary of the job, and where there is none a file', async () => {
    expect(await writeReports(report, { markdown: true }, root)).toEqual([join(root, 'mydocker-flaky.md')])
    await rm(join(root, 'mydocker-flaky.md'))
    vi.stubEnv('GITHUB_STEP_SUMMARY', join(root, 'summary.md'))
    expect(await writeReports(report, { markdown: true }, root)).toEqual([join(root, 'summary.md')])
    expect(await readdir(root)).toEqual(['summary.md'])
  })

  it('that cannot be written are told with the cure, and the others are there', async () => {
    await mkdir(join(root, 'directory'))
    await writeFile(join(root, 'file'), '')
    const outputs = { json: 'directory', html: 'file/sweep.html', junit: 'junit.xml' }
    const error: Error = await writeReports(report, outputs, root).then(
      () => new Error('nothing was thrown'),
      (reason) => reason,
    )
    expect(error.name).toBe('MydockerError')
    expect(error.message.split('\n')).toEqual([
      `mydocker: report: the report of --json could not be written (${root}/directory): EISDIR`,
      '  A directory has that name: name a file in the option.',
      '  Nor could be:',
      expect.stringMatching(/^ {2}the report of --html \(.*file\/sweep\.html\): (ENOTDIR|EEXIST)\. A part of the path/),
    ])
    expect((await readdir(root)).sort()).toEqual(['directory', 'file', 'junit.xml'])
  })

  it('have a cure where the summary of the job cannot be written', async () => {
    vi.stubEnv('GITHUB_STEP_SUMMARY', root)
    await expect(writeReports(report, { markdown: true }, root)).rejects.toThrow(
      /the summary of the job could not be written .*EISDIR\n {2}Have GITHUB_STEP_SUMMARY name a file/,
    )
  })
})

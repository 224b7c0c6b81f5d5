import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ReportFiles } from '../../plugin/report-files.ts'
import { parseRunReport } from '../../runtime/status/schema.ts'
import { everyKind, runReport } from '../support/invented-run.ts'

const report = runReport(everyKind)
let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'report-files-'))
})
afterEach(async () => {
  await chmod(root, 0o700)
  await rm(root, { recursive: true })
})

describe('the files of a report', () => {
  it('are those that were asked for, where they are by default', async () => {
    const files = new ReportFiles()
    files.add({ json: true, html: true, openmetrics: true, summary: false }, root)
    const written = await files.write({ ...report, run: { ...report.run, root } })
    expect(written.map(({ type, reason, message }) => [type, reason, message])).toEqual([
      ['Normal', 'ReportWritten', 'mydocker-report.json'],
      ['Normal', 'ReportWritten', 'mydocker-report.html'],
      ['Normal', 'ReportWritten', 'mydocker-metrics.txt'],
    ])
    expect((await readdir(root)).sort()).toEqual([
      'mydocker-metrics.txt',
      'mydocker-report.html',
      'mydocker-report.json',
    ])
    const text = await readFile(join(root, 'mydocker-report.json'), 'utf8')
    expect(JSON.parse(text).$schema).toMatch(/^https:.*run-report\.schema\.json$/)
    expect(parseRunReport(text).pods).toHaveLength(report.pods.length)
  })

  it('are none where none was asked for', async () => {
    const files = new ReportFiles()
    files.add({ json: false, summary: true }, root)
    expect(await files.write(report)).toEqual([])
    expect(await readdir(root)).toEqual([])
  })

  it('may be named, in directories that are not there yet, and are replaced by the next run', async () => {
    const files = new ReportFiles()
    files.add({ json: 'a/b/report.json' }, root)
    await files.write(report)
    await files.write({ ...report, pods: [] })
    expect(parseRunReport(await readFile(join(root, 'a/b/report.json'), 'utf8')).pods).toEqual([])
    expect(await readdir(join(root, 'a/b'))).toEqual(['report.json'])
  })

  it('of projects that share their options are one', async () => {
    const files = new ReportFiles()
    for (let project = 0; project < 3; project++) files.add({ json: true }, root)
    await writeFile(join(root, 'in-the-way'), '')
    files.add({ openmetrics: 'in-the-way/metrics.txt' }, root)
    files.add({ openmetrics: 'in-the-way/metrics.txt' }, root)
    const written = await files.write(report)
    expect(written.map(({ reason }) => reason).sort()).toEqual(['ReportNotWritten', 'ReportWritten'])
    expect((await readdir(root)).sort()).toEqual(['in-the-way', 'mydocker-report.json'])
  })

  it("have the page in the directory of Vitest's own HTML report too", async () => {
    const files = new ReportFiles()
    files.add({ html: 'page.html', json: true }, root, join(root, 'html'))
    await files.write(report)
    expect(await readdir(join(root, 'html'))).toEqual(['mydocker.html'])
    expect(await readFile(join(root, 'html/mydocker.html'), 'utf8')).toBe(
      await readFile(join(root, 'page.html'), 'utf8'),
    )
  })

  it('that cannot be written are Warnings with the cure, and the others are there', async () => {
    await mkdir(join(root, 'directory'))
    await writeFile(join(root, 'file'), '')
    const files = new ReportFiles()
    files.add({ json: 'directory', html: 'file/page.html', openmetrics: true }, root)
    const written = await files.write(report)
    expect(written.filter(({ type }) => type === 'Warning')).toEqual([
      {
        type: 'Warning',
        reason: 'ReportNotWritten',
        message: `report.json could not be written to ${root}/directory: EISDIR. A directory has that name: name a file in the option.`,
      },
      expect.objectContaining({
        message: expect.stringMatching(
          /^report\.html could not be written to .*: (ENOTDIR|EEXIST)\. A part of the path is a file/,
        ),
      }),
    ])
    expect((await readdir(root)).sort()).toEqual(['directory', 'file', 'mydocker-metrics.txt'])
  })
})

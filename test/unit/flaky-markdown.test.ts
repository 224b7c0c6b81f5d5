import { parseHTML } from 'linkedom'
import { micromark } from 'micromark'
import { gfm, gfmHtml } from 'micromark-extension-gfm'
import { describe, expect, it } from 'vitest'
import { flakyMarkdown, JOB_SUMMARY_MOST } from '../../plugin/flaky/markdown.ts'
import { reproduceCommand } from '../../plugin/flaky/reproduce.ts'
import type { FlakyReport } from '../../plugin/flaky/types.ts'
import { HOSTILE, inventedSweep } from '../support/invented-sweep.ts'

const report = inventedSweep()

/** The page as Markdown of GitHub's flavour makes it, before GitHub takes out what it does not allow. */
function render(sweep: FlakyReport, most?: number) {
  const options = { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] }
  return parseHTML(`<html><body>${micromark(flakyMarkdown(sweep, most), options)}</body></html>`).document
}

const document = render(report)
const texts = (selector: string, within: Pick<typeof document, 'querySelectorAll'> = document): string[] =>
  [...within.querySelectorAll(selector)].map(({ textContent }) => textContent?.trim() ?? '')

function many(count: number): FlakyReport {
  const [, album] = report.files
  return { ...report, files: album === undefined ? [] : Array.from({ length: count }, () => album) }
}

describe('the job summary of a sweep', () => {
  it('begins with what was found', () => {
    expect(texts('h2')).toEqual(['Flaky tests: 13 findings'])
    expect(texts('p')[0]).toBe(
      '1 stable-fail, 8 flaky, 3 resource-affected, 1 order-dependent, 7 stable-pass, 1 not-run (256 runs of 7 files in 10m, seed 4711).',
    )
    expect(texts('blockquote')[0]).toMatch(/^The budget of 10m was used up: .* mydocker flaky --resume$/)
    expect(texts('h2', render({ ...report, files: report.files.slice(0, 1) }))).toEqual(['Flaky tests: none found'])
  })

  it('has a table of findings', () => {
    const [table] = document.querySelectorAll('table')
    const rows = [...(table?.querySelectorAll('tbody tr') ?? [])].map((row) => texts('td', row))
    expect(rows).toHaveLength(13)
    expect(rows[1]).toEqual([
      'tests/album.test.ts > album > sorts 40 photos by size',
      'resource-affected',
      'out-of-memory',
      '28% (16–44%)',
      '≤128Mi',
    ])
    expect(rows[3]?.[1]).toBe('flaky (quarantined)')
  })

  it('has of each finding what speaks for it, its messages, the command and the rate under each limit', () => {
    const [, details] = document.querySelectorAll('details')
    if (details === undefined) throw new Error('no details')
    expect(texts('summary', details)[0]).toMatch(/ > sorts 40 photos by size: resource-affected, out-of-memory$/)
    expect(texts('li', details).slice(0, 2)).toEqual([
      '10 of 36 runs failed.',
      'With at most 128Mi it failed in most runs, with more in none.',
    ])
    const [, file] = report.files
    const command = file && reproduceCommand(file, file.runs[0]?.conditions ?? {}, 1)
    expect(texts('pre', details)).toEqual(['RangeError: Array buffer allocation failed', command])
    expect(texts('th', details)).toEqual(['memory \\ CPU', '100m', '500m', 'max'])
    expect(texts('td', details).slice(0, 2)).toEqual(['128Mi', '4/4 100% (51–100%)'])
  })

  it('shows names and messages as they are, and makes nothing of them', () => {
    const cells = texts('table td:first-child')
    expect(cells).toContain('tests/hostile <i>|`.test.ts > red | pipe `tick` **bold**')
    expect(cells).toContain(`tests/hostile <i>|\`.test.ts > ${HOSTILE.lines.replace('\n', ' ')}`)
    expect(texts('li')).toContain(`Nothing was seen that would tell why: ${HOSTILE.markup}`)
    expect(texts('pre')).toContain(`AssertionError: red | pipe \`tick\` **bold**\n${HOSTILE.markup}`)
    expect(texts('pre')).toContain(`AssertionError: ${HOSTILE.lines}\u{fffd}`)
    expect(document.querySelectorAll('script, i, b, strong, em, a, li li, li h1')).toHaveLength(0)
  })

  it.each([
    '1. one',
    '- item',
    '# title',
    '> quote',
    '    code',
    '===',
    '$x$ @ada #1 :tada: <!-- -->',
    '~~~',
    '![a](b)',
  ])('takes %j for a sentence', (sentence) => {
    const [, file] = report.files
    const findings = file?.findings.slice(0, 1).map((one) => ({ ...one, evidence: [sentence], effects: [] })) ?? []
    const page = render({ ...report, files: file === undefined ? [] : [{ ...file, findings }] })
    expect(texts('li', page)).toEqual(['12 of 48 runs failed.', sentence.trim()])
  })

  it('stays within what GitHub takes, and says what is left out', () => {
    const text = flakyMarkdown(many(3000))
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(JOB_SUMMARY_MOST)
    expect(Buffer.byteLength(text)).toBeGreaterThan(JOB_SUMMARY_MOST * 0.9)
    expect(text).toContain('… and 5800 more')
    expect(text).toMatch(
      /_\d+ of 6002 sections had no room in a job summary of GitHub\. The reports of --html and --json have all\._\n/,
    )
    expect(texts('h2', render(many(10), 0))).toEqual(['Flaky tests: 20 findings'])
  })

  it('cuts messages that are pages', () => {
    const [, file] = report.files
    const messages = [{ message: 'x'.repeat(1_000_000), count: 1 }]
    const findings = file?.findings.map((one) => ({ ...one, messages })) ?? []
    const text = flakyMarkdown({ ...report, files: file === undefined ? [] : [{ ...file, findings }] })
    expect(text.length).toBeLessThan(20_000)
    expect(text).toContain('xxx…\n')
  })
})

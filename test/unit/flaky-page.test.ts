import { parseHTML } from 'linkedom'
import { describe, expect, test } from 'vitest'
import { flakyPage } from '../../plugin/flaky/html/page.ts'
import { isNotable, placedFindings, reproductionOf } from '../../plugin/flaky/report-facts.ts'
import type { FlakyReport } from '../../plugin/flaky/types.ts'
import { inventedSweep } from '../support/invented-sweep.ts'

const report = inventedSweep()
const page = flakyPage(report)
const { document } = parseHTML(page)
const all = report.files.flatMap(({ findings }) => findings)
const unstable = all.filter(({ verdict }) => verdict !== 'stable-pass' && verdict !== 'not-run')

describe('the page of a sweep', () => {
  test('has every test with its verdict, and a section for each that does not always pass', () => {
    expect(document.querySelectorAll('section:nth-of-type(1) tbody tr')).toHaveLength(all.length)
    expect(document.querySelectorAll('.finding')).toHaveLength(unstable.length)
    for (const link of document.querySelectorAll('.tests a[href^="#"]'))
      expect(document.getElementById(link.getAttribute('href')?.slice(1) ?? '')).not.toBeNull()
  })

  test('shows the pass rate under each combination of limits, with what was not tried left empty', () => {
    const [{ memory, cpu }] = [report.sweep.settings]
    for (const heat of document.querySelectorAll('.heat')) {
      expect(heat.querySelectorAll('tbody tr')).toHaveLength(memory.length)
      expect(heat.querySelectorAll('tbody td')).toHaveLength(memory.length * cpu.length)
    }
    expect(document.querySelectorAll('.heat td.untried').length).toBeGreaterThan(0)
    for (const chart of document.querySelectorAll('svg.curves'))
      expect(chart.getAttribute('aria-label')).toMatch(/: \d+ %/)
  })

  test('tells of each run, for the keyboard too', () => {
    const squares = [...document.querySelectorAll('.strip li')]
    expect(squares.length).toBeGreaterThan(0)
    for (const square of squares) {
      expect(square.getAttribute('tabindex')).toBe('0')
      expect(square.getAttribute('aria-label')).toMatch(/^Run \d+: (passed|failed|skipped|not reached|void)/)
    }
  })

  test('has the command that reproduces each failure, and the logs of failed runs', () => {
    const commands = [...document.querySelectorAll('.command code')].map(({ textContent }) => textContent)
    expect(commands).toHaveLength(unstable.filter(({ failingRun }) => failingRun !== undefined).length)
    for (const command of commands) expect(command).toMatch(/^npx mydocker flaky .* --runs [1-9]\d* /)
    const expected = placedFindings(report)
      .filter(isNotable)
      .flatMap((placed) => reproductionOf(placed) ?? [])
    expect(commands.toSorted()).toEqual(expected.toSorted())
    expect(document.querySelectorAll('details.attempt').length).toBeGreaterThan(0)
  })

  test('loads nothing, runs one script, and takes names of tests for text', () => {
    expect(document.querySelectorAll('script')).toHaveLength(1)
    expect(document.querySelector('meta[http-equiv]')?.getAttribute('content')).toMatch(
      /^default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-[^']+'$/,
    )
    expect([...document.querySelectorAll('[src], link')]).toEqual([])
    expect(document.querySelectorAll('main i:not([class]), main b > script')).toHaveLength(0)
  })

  test('stays usable for a large sweep', () => {
    const [file] = report.files
    const run = file?.runs[0]
    if (file === undefined || run === undefined) throw new Error('the invented sweep has no runs')
    const runs = Array.from({ length: 100 }, (_, index) => ({ ...run, number: index + 1, log: 'x'.repeat(8192) }))
    const large: FlakyReport = {
      ...report,
      files: Array.from({ length: 200 }, (_, index) => ({
        ...file,
        file: `${index}.test.ts`,
        runs,
        findings: file.findings.slice(0, 1),
      })),
    }
    expect(flakyPage(large).length).toBeLessThan(10 * 2 ** 20)
  })
})

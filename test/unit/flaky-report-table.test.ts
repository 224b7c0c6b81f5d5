import { Writable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import stringWidth from 'string-width'
import { describe, expect, it } from 'vitest'
import { reproductionOf } from '../../plugin/flaky/report-facts.ts'
import { flakyTable } from '../../plugin/flaky/report-table.ts'
import type { FlakyReport, SweepInfo } from '../../plugin/flaky/types.ts'
import { inventedSweep } from '../support/invented-sweep.ts'

const report = inventedSweep()

/** As it is printed where there are no colours. */
function linesOf(sweep: FlakyReport, columns?: number): string[] {
  const text = flakyTable(sweep, { columns, stream: new Writable() })
  expect(text.endsWith('\n')).toBe(true)
  return stripVTControlCharacters(text).split('\n').slice(0, -1)
}

function withSweep(changes: Partial<SweepInfo>, open = false): FlakyReport {
  const files = report.files.slice(0, 1).map((file) => ({ ...file, open, minimumMemory: undefined }))
  return { ...report, sweep: { ...report.sweep, ...changes }, files }
}

describe('the end summary of a sweep', () => {
  it('begins with how many tests have which verdict, and what that took', () => {
    const [counts, extent] = linesOf(report)
    expect(counts).toBe('1 stable-fail, 8 flaky, 3 resource-affected, 1 order-dependent, 7 stable-pass, 1 not-run')
    expect(extent).toBe('256 runs of 7 files in 10m, seed 4711')
  })

  it.each([40, 80, 100, 300, undefined])(
    'is as wide as it may be in %s columns, and never wider than 100',
    (columns) => {
      const most = Math.max(80, Math.min(columns ?? 100, 100))
      expect(linesOf(report, columns).filter((line) => stringWidth(line) > most)).toEqual([])
    },
  )

  it('has a row for each test that is not stable, with its rate and where it fails', () => {
    const lines = linesOf(report, 100)
    const row = (end: string): string => lines.find((line) => line.includes(end)) ?? ''
    expect(row('sorts 40 photos by size ')).toMatch(/resource-affected +out-of-memory +28% \(16–44%\) +≤128Mi$/)
    expect(row('indexed a moment ago ')).toMatch(/resource-affected +timeout-under-throttling +22% \(13–34%\) +≤100m$/)
    expect(row('has none at first ')).toMatch(/order-dependent +order +50% \(35–65%\) +order$/)
    expect(row('is due in a month ')).toMatch(/flaky +time +25% \(14–40%\) +clock$/)
    expect(lines.filter((line) => line.includes('cart >'))).toEqual([])
  })

  it('keeps those apart that are quarantined', () => {
    const lines = linesOf(report, 100)
    const heading = lines.findIndex((line) => line.startsWith('QUARANTINED '))
    expect(lines[heading + 1]).toMatch(/answers while it is typed +flaky/)
    expect(lines.filter((line) => line.includes('answers while it is typed'))).toHaveLength(1)
  })

  it('has of each what speaks for it, its message and a command that can be copied', () => {
    const text = linesOf(report, 80).join('\n')
    expect(text).toContain('  Its container was OOM killed in every run with 64Mi, and in none with more.\n')
    expect(text).toContain('  10 × RangeError: Array buffer allocation failed\n')
    const commands = text.replaceAll(/ \\\n +/g, ' ')
    for (const file of report.files) {
      for (const finding of file.findings.filter(({ name }) => !name.includes('while it is typed'))) {
        const command = reproductionOf({ file, finding })
        if (command !== undefined) expect(commands).toContain(`  $ ${command}\n`)
      }
    }
  })

  it('lets no test obey the terminal', () => {
    const painted = flakyTable(report, { stream: process.stdout })
    expect(stripVTControlCharacters(painted).replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
    expect(painted).not.toContain('\u001b[31mred\u001b[0m')
    expect(painted).toContain('red | pipe `tick` **bold**')
  })

  it('tells the least memory of files', () => {
    const row = linesOf(report).find((line) => line.startsWith('tests/cart.test.ts '))
    expect(row).toMatch(/ 40Mi +36Mi +59\/59 +<5% \(95% sure\) +46Mi$/)
  })

  it.each([
    ['out-of-time', true, /budget of 10m was used up: 1 file would have needed more runs.*mydocker flaky --resume/],
    ['interrupted', true, /was interrupted: 1 file would have needed more runs\. To go on: mydocker flaky --resume/],
    ['interrupted', false, /was interrupted: no file was left open/],
    ['running', true, /The sweep goes on, this is what is known so far: 1 file would have needed more runs/],
    ['completed', true, /With at most 30 runs, 1 file would have needed more runs\. .*: --runs 60/],
  ] as const)('says why a sweep that is %s (open: %s) is not all, and how to go on', (state, open, sentence) => {
    expect(linesOf(withSweep({ state }, open)).at(-1)).toMatch(sentence)
  })

  it('of a sweep that has found nothing, and left nothing open, is two lines', () => {
    expect(linesOf(withSweep({ state: 'completed' }))).toEqual([
      '4 stable-pass',
      '256 runs of 1 file in 10m, seed 4711',
    ])
    expect(linesOf({ ...withSweep({ state: 'completed' }), files: [] })[0]).toBe('no tests')
  })

  it('tells twenty findings at length, and says where the others are told', () => {
    const [first] = report.files.slice(1)
    const files = first === undefined ? [] : Array.from({ length: 15 }, () => first)
    const lines = linesOf({ ...report, files })
    expect(lines.filter((line) => /^tests.* > (\(file\)|sorts 40 photos by size)$/.test(line))).toHaveLength(20)
    expect(lines.join('\n')).toContain('… and 10 more of the table: --html, --markdown or --json')
  })
})

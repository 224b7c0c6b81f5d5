import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { exitStatus, parseFailOn } from '../../plugin/flaky/exit-code.ts'
import { quarantinedKeys, readQuarantine, writeQuarantine } from '../../plugin/flaky/quarantine.ts'
import type { FlakyReport, TestFinding, Verdict } from '../../plugin/flaky/types.ts'

const directory = mkdtempSync(join(tmpdir(), 'mydocker-quarantine-'))
let count = 0
const place = (content?: unknown): string => {
  const file = join(directory, `${++count}.json`)
  if (content !== undefined) writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}
const json = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'))

function finding(name: string, verdict: Verdict): TestFinding {
  const rate = { failed: 1, runs: 30, estimate: 1 / 30, low: 0, high: 0.2 }
  return { name, verdict, evidence: [], rate, cells: [], effects: [], messages: [] }
}

function report(findings: readonly TestFinding[], quarantined: readonly string[] = []): FlakyReport {
  const settings = { runs: 30, memory: [null], cpu: [null], shuffle: false, varyClock: false, seed: 1 }
  return {
    schemaVersion: 1,
    sweep: {
      ...{ id: 'x', root: '/project', vitest: '4.1.0', startTime: Date.UTC(2026, 10, 26), state: 'completed' },
      ...{ settings, totalRuns: 30, quarantined },
    },
    files: [
      { project: '', file: 'a.test.ts', tests: findings.map(({ name }) => name), runs: [], findings, open: false },
    ],
  }
}

describe('a quarantine list', () => {
  test('gets what was found, once, with its reason and date; what people wrote in it stays', () => {
    const file = place({ note: 'ours', tests: [{ file: 'a.test.ts', test: 'known', ticket: 7 }] })
    const found = report([
      { ...finding('new', 'flaky'), cause: 'port' },
      finding('known', 'flaky'),
      finding('good', 'stable-pass'),
      finding('broken', 'stable-fail'),
    ])
    expect(writeQuarantine(file, found)).toEqual({ added: 1, stale: [] })
    expect(json(file)).toEqual({
      note: 'ours',
      tests: [
        { file: 'a.test.ts', test: 'known', ticket: 7 },
        { file: 'a.test.ts', test: 'new', reason: 'flaky: port', since: '2026-11-26' },
      ],
    })
    expect(writeQuarantine(file, found).added).toBe(0)
  })

  test('tells which of its tests have passed in every run or are gone, and keeps them', () => {
    const tests = [
      { file: 'a.test.ts', test: 'healed' },
      { file: 'a.test.ts', test: 'gone' },
      { file: 'b.test.ts', test: 'not swept' },
    ]
    const file = place({ tests })
    const { stale } = writeQuarantine(file, report([finding('healed', 'stable-pass')]))
    expect(stale).toEqual(['a.test.ts > healed', 'a.test.ts > gone'])
    expect(json(file)).toEqual({ tests })
  })

  test('covers a test, a whole file, or a file of one project', () => {
    const keys = (entry: object): string[] =>
      quarantinedKeys(readQuarantine(place({ tests: [entry] })), report([finding('a', 'flaky'), finding('b', 'flaky')]))
    expect(keys({ file: 'a.test.ts', test: 'a' })).toEqual(['a.test.ts > a'])
    expect(keys({ file: 'a.test.ts' })).toEqual(['a.test.ts > a', 'a.test.ts > b'])
    expect(keys({ file: 'a.test.ts', project: 'other' })).toEqual([])
  })

  test('that is none is an error that says how one looks', () => {
    for (const file of [place(), place('{'), place({ tests: 'all' })])
      expect(() => readQuarantine(file)).toThrow(/--quarantine: .*"tests": \[/s)
  })
})

describe('the exit status', () => {
  test('is 1 for a verdict that is named, unless the test is in quarantine', () => {
    const flaky = [finding('a', 'flaky')]
    expect(exitStatus(report(flaky), parseFailOn('flaky'))).toBe(1)
    expect(exitStatus(report(flaky), parseFailOn('resource-affected, stable-fail'))).toBe(0)
    expect(exitStatus(report(flaky), parseFailOn('none'))).toBe(0)
    expect(exitStatus(report(flaky, ['a.test.ts > a']), parseFailOn('flaky'))).toBe(0)
  })

  test('a word that is no verdict is refused, with the nearest one', () => {
    expect(() => parseFailOn('flakey')).toThrow(/'flakey' is no verdict[\s\S]*Did you mean flaky/)
  })
})

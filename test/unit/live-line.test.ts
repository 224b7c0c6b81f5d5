import { stripVTControlCharacters } from 'node:util'
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { liveLine } from '../../plugin/live-line.ts'
import type { RunReport } from '../../runtime/status/types.ts'
import { flakyPod, killedPod, pendingPod, pod, runningPod, runReport, START } from '../support/run-report.ts'

function line(report: RunReport, now = START + 12_500, columns = 200): string {
  return stripVTControlCharacters(liveLine(report, now, columns) ?? '')
}

test('counts pods by phase, sums what is reserved, and names the file that runs longest', () => {
  const pods = [pod('cart'), killedPod('album'), runningPod('slow'), runningPod('slower', START), pendingPod('video')]
  expect(line(runReport(pods))).toBe(
    ' mydocker  Running 2/2  Pending 1  ✓ 1  ✗ 1  memory 256Mi of 1Gi requested  oldest: tests/slower.test.ts 12.5s',
  )
})

test('is short while there is little to say, and absent without pods', () => {
  expect(line(runReport([runningPod('quick')]), START + 500)).toBe(
    ' mydocker  Running 1/2  Pending 0  ✓ 0  memory 128Mi of 1Gi requested',
  )
  expect(line(runReport([flakyPod('cart')]))).toContain('✓ 1  flaky 1  memory 0 of 1Gi')
  expect(liveLine(runReport([]), START, 80)).toBeUndefined()
})

test('fits every terminal, whatever a file is called, and holds nothing that a terminal would obey', () => {
  const report = runReport([runningPod('写真\x1b[2Jalbum'), runningPod('b')])
  for (let columns = 0; columns < 140; columns++) {
    const text = line(report, START + 60_000, columns)
    expect(stringWidth(text), text).toBeLessThan(columns || 1)
    expect(text === '').toBe(columns < 30)
  }
  expect(liveLine(report, START + 60_000, 200)).not.toContain('\x1b[2J')
})

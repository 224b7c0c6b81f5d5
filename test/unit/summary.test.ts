import { stripVTControlCharacters } from 'node:util'
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { type SummaryOptions, summaryLines } from '../../plugin/summary.ts'
import type { PodStatus, RunReport } from '../../runtime/status/types.ts'
import { attempt, event, flakyPod, killedPod, MIB, pod, runReport, START } from '../support/run-report.ts'

async function summary(report: RunReport, options: Partial<SummaryOptions> = {}): Promise<string[]> {
  const lines = await summaryLines(report, { detail: 'auto', stream: process.stderr, ...options })
  return lines.map((line) => stripVTControlCharacters(line))
}

function many(count: number): PodStatus[] {
  return Array.from({ length: count }, (_, index) =>
    pod(`file-${index}`, {
      attempts: [attempt({ peakMemory: (50 + index) * MIB }, { ran: START + 100 * index + 40 })],
    }),
  )
}

test('a green run is one line', async () => {
  expect(
    await summary(runReport([pod('cart'), pod('shop', { attempts: [attempt({ peakMemory: 80 * MIB })] })])),
  ).toEqual(['  mydocker  2 containers, most memory: tests/shop.test.ts 80Mi of 256Mi'])
  expect(await summary(runReport([]))).toEqual([])
  expect(await summary(runReport([pod('a', { attempts: [attempt({ peakMemory: undefined })] })]))).toEqual([
    '  mydocker  1 container',
  ])
})

test('what failed for a reason of its own, and each attempt of a flaky file, are told', async () => {
  const again = killedPod('again')
  const failed = { outcome: 'failed', reason: 'Error', tests: { passed: 1, failed: 2, skipped: 1 } } as const
  const report = runReport([
    killedPod('album'),
    pod('slow', {
      phase: 'Failed',
      reason: 'DeadlineExceeded',
      attempts: [attempt({ outcome: 'failed', reason: 'DeadlineExceeded' })],
    }),
    // Vitest has told of its tests.
    pod('wrong', { phase: 'Failed', reason: 'Error', attempts: [attempt(failed)] }),
    {
      ...again,
      restartCount: 1,
      attempts: [
        attempt({ ...failed, tests: { passed: 0, failed: 0, skipped: 0 }, signal: 'SIGSEGV' }),
        {
          ...again.attempts[0],
          ...attempt({ number: 2, outcome: 'failed', reason: 'OOMKilled', peakMemory: 256 * MIB }),
        },
      ],
    },
    { ...flakyPod('shop'), backoffLimit: 4 },
    pod('hosts', { attempts: [attempt({ filesWrittenOutside: ['/etc/hosts', '/root/.npmrc'] })] }),
  ])
  expect(await summary(report)).toEqual([
    '  mydocker  OOMKilled: tests/album.test.ts 256Mi of 256Mi',
    '            DeadlineExceeded: tests/slow.test.ts',
    '            FAILED 2/2 tests/again.test.ts: 1 Error (SIGSEGV), 2 OOMKilled (256Mi of 256Mi)',
    '            FLAKY 3/5 tests/shop.test.ts: 1 OOMKilled (64Mi of 64Mi),',
    '              2 Error (1 of 3 tests failed), 3 passed',
    '            tests/hosts.test.ts wrote /etc/hosts and 1 more',
    '            9 containers, most memory: tests/album.test.ts 256Mi of 256Mi',
  ])
})

test('a warning is told once, and without a terminal on one line; failures that Vitest reports are none', async () => {
  const left = event('LeftBehind', `tests/daemon.test.ts left ${'node daemon.mjs, '.repeat(10)}`, { type: 'Warning' })
  const report = runReport(
    [{ ...pod('a'), events: [left, event('Started', 'normal')] }, { ...pod('b'), events: [left] }, killedPod('c')],
    {
      events: [event('IdmapUnavailable', 'root owns nothing inside', { type: 'Warning', count: 3 })],
    },
  )
  const lines = await summary(report)
  expect(lines.slice(0, 2)).toEqual([
    '  mydocker  IdmapUnavailable: root owns nothing inside (3 times)',
    `            LeftBehind: ${left.message} (2 times)`,
  ])
  expect(lines.join('\n')).not.toMatch(/OOMKilling|Started/)
  expect(await summary(report, { detail: 'none' })).toHaveLength(2)
  const wrapped = await summary(report, { columns: 80 })
  expect(Math.max(...wrapped.map((line) => stringWidth(line)))).toBeLessThanOrEqual(80)
  expect(wrapped.join(' ').replaceAll(/\s+/g, ' ')).toContain(`LeftBehind: ${left.message.trim()} (2 times)`)
})

test('many pods are counted, and the most demanding ones shown', async () => {
  expect(await summary(runReport([...many(11), killedPod('album'), flakyPod('shop')]))).toEqual([
    '  mydocker  OOMKilled: tests/album.test.ts 256Mi of 256Mi',
    '            FLAKY 3/3 tests/shop.test.ts: 1 OOMKilled (64Mi of 64Mi),',
    '              2 Error (1 of 3 tests failed), 3 passed',
    '            13 pods: 12 Completed, 1 OOMKilled; 2 restarts',
    '            15 containers, most memory: tests/album.test.ts 256Mi of 256Mi',
    '',
    '            TOP MEMORY              PEAK    LIMIT   REQUEST   USED',
    '            tests/album.test.ts     256Mi   256Mi   128Mi     100%',
    '            tests/shop.test.ts      64Mi    64Mi    128Mi     100%',
    '            tests/file-10.test.ts   60Mi    256Mi   128Mi     23%',
    '            tests/file-9.test.ts    59Mi    256Mi   128Mi     23%',
    '            tests/file-8.test.ts    58Mi    256Mi   128Mi     23%',
    '',
    '            TOP TIME               PENDING   START   RUN     STOP    TOTAL',
    '            tests/shop.test.ts     30ms      60ms    3.00s   60ms    3.12s',
    '            tests/file-0.test.ts   10ms      20ms    10ms    1.01s   1.04s',
    '            tests/file-1.test.ts   10ms      20ms    110ms   910ms   1.04s',
    '            tests/file-2.test.ts   10ms      20ms    210ms   810ms   1.04s',
    '            tests/file-3.test.ts   10ms      20ms    310ms   710ms   1.04s',
  ])
  expect(await summary(runReport(many(10)))).toHaveLength(1)
  expect(await summary(runReport(many(2)), { detail: 'full' })).toHaveLength(9)
})

test('long lists are cut, and nothing is wider than 100 columns or the terminal', async () => {
  const deep = (name: string) => `packages/${'very-long-directory/'.repeat(8)}${name}.test.ts`
  const pods = Array.from({ length: 30 }, (_, index) => ({ ...killedPod(`k${index}`), files: [deep(`k${index}`)] }))
  const report = runReport([...pods, { ...flakyPod('f'), files: [deep('f')] }])
  const lines = await summary(report)
  expect(lines).toContain('            … and 10 more: mydocker get pods --field-selector status.phase=Failed')
  expect(lines[0]).toMatch(/OOMKilled: ….*k0\.test\.ts 256Mi of 256Mi$/)
  for (const [columns, most] of [
    [undefined, 100],
    [200, 100],
    [80, 80],
    [10, 72],
  ] as const)
    for (const line of await summary(report, { columns, detail: 'full' }))
      expect(stringWidth(line), line).toBeLessThanOrEqual(most)
})

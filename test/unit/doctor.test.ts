import { expect, test } from 'vitest'
import { formatReport } from '../../runtime/cli/doctor-table.ts'
import { doctor, type Report } from '../../runtime/doctor/index.ts'

test('everything is tried, and what is skipped names the failure that it rests on', async () => {
  const { checks, canRun, verdict } = await doctor()
  expect(checks.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['user namespace', 'proc', 'overlay', 'container', 'memory limit']),
  )
  for (const { status, detail, cure } of checks) {
    if (status === 'skipped') expect(detail).toMatch(/^needs /)
    if (status === 'ok') expect(cure).toBeUndefined()
  }
  expect(canRun).toBe(checks.every(({ status }) => status !== 'missing'))
  expect(verdict).toMatch(canRun ? /^This host runs containers: / : /^This host cannot run containers: /)
})

test('the table stays within 100 columns, whatever paths and commands are in it', () => {
  const long = `/sys/fs/cgroup/${'slice/'.repeat(30)}`
  const report: Report = {
    canRun: true,
    verdict: `This host runs containers: ${'no limits of any kind; '.repeat(8)}.`,
    checks: [
      { name: 'a name', status: 'ok', detail: 'fine' },
      {
        name: 'memory limit',
        status: 'degraded',
        detail: `cannot write ${long}`,
        cure: `Run this: ${'word '.repeat(40)}`,
      },
    ],
  }
  const text = formatReport(report)
  expect(text.split('\n').filter((line) => line.length > 100)).toEqual([])
  expect(text.replace(/\s+/g, '')).toContain(long)
})

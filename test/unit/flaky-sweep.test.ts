import { setImmediate as nextTurn } from 'node:timers/promises'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { type Job, JobQueue } from '../../plugin/flaky/job-queue.ts'
import type { Performance } from '../../plugin/flaky/performer.ts'
import type { Recruit } from '../../plugin/flaky/recruits.ts'
import { Sweep } from '../../plugin/flaky/sweep.ts'
import type { RunConditions, SweepFile } from '../../plugin/flaky/types.ts'
import { Deferred } from '../../runtime/deferred.ts'
import { randomNumbers } from '../support/invented-run.ts'
import { SETTINGS } from '../support/simulated-sweep.ts'

type Perform = (file: string, conditions: RunConditions) => Promise<Performance['run']['outcome']>

const recruit = (file: string): Recruit => ({ project: '', file }) as unknown as Recruit

const performance = (conditions: RunConditions, outcome: Performance['run']['outcome']): Performance => ({
  tests: ['a'],
  run: { conditions, outcome, startTime: 0, duration: 1, outcomes: outcome === 'passed' ? 'P' : 'F', failures: [] },
})

/** Sweeps files whose runs are made up. @returns the files, and each run in the order in which it was noted */
async function sweep(files: readonly string[], perform: Perform): Promise<{ files: SweepFile[]; noted: string[] }> {
  const noted: string[] = []
  const sweeping = new Sweep({
    recruits: files.map(recruit),
    settings: SETTINGS,
    perform: async ({ file }, conditions) => {
      const outcome = await perform(file, conditions)
      return performance(conditions, outcome)
    },
    foresee: () => {},
    onRun: ({ file }, { number }) => noted.push(`${file} ${number}`),
  })
  await sweeping.run()
  return { files: sweeping.files, noted }
}

describe('a sweep', () => {
  test('is the same in whatever order runs end', async () => {
    const random = randomNumbers(7)
    const late: Perform = async (_, { seed = 0 }) => {
      for (let turns = Math.floor(random() * 20); turns > 0; turns--) await nextTurn()
      return seed % 3 === 0 ? 'failed' : 'passed'
    }
    const [one, other] = [await sweep(['a', 'b'], late), await sweep(['a', 'b'], late)]
    expect(one.files).toEqual(other.files)
    expect(one.files[0]?.runs.length).toBeGreaterThan(SETTINGS.runs)
  })

  test('notes each run as soon as those before it are, not when all that were planned with it have ended', async () => {
    let begun = 0
    const counts: number[] = []
    const { noted } = await sweep(['a'], async () => {
      begun++
      await nextTurn()
      counts.push(begun)
      return 'passed'
    })
    expect(noted).toEqual(Array.from({ length: SETTINGS.runs }, (_, index) => `a ${index + 1}`))
    // More are under way than one core could begin at once: nothing waits for a few to end.
    expect(counts[0]).toBeGreaterThanOrEqual(12)
  })

  test('looks at every file before it looks closer at one', async () => {
    const begun: string[] = []
    await sweep(['a', 'b', 'c'], async (file) => {
      begun.push(file)
      return 'passed'
    })
    expect(begun.slice(0, 12).toSorted().join('')).toBe('aaaabbbbcccc')
  })

  test('gives a file up of which no run says anything, and goes on with others', async () => {
    let tried = 0
    const { files } = await sweep(['a', 'b'], async (file) => {
      if (file === 'a') tried++
      await nextTurn()
      return file === 'a' ? 'void' : 'passed'
    })
    expect(tried).toBeLessThan(SETTINGS.runs)
    expect(files.find(({ file }) => file === 'b')?.runs).toHaveLength(SETTINGS.runs)
  })
})

describe('a sweep with a budget', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    return () => vi.useRealTimers()
  })

  test('lets runs that are under way end when the time is up, but not for ever', async () => {
    const short = new Deferred<void>()
    let underWay = 0
    const sweeping = new Sweep({
      recruits: ['short', 'endless'].map(recruit),
      settings: { ...SETTINGS, budget: 60_000 },
      perform: async ({ file }, conditions, signal) => {
        if (file === 'endless') await new Promise((_, reject) => signal.addEventListener('abort', reject))
        underWay++
        await short.promise
        return performance(conditions, 'passed')
      },
      foresee: () => {},
      onRun: () => {},
    })
    let isOver = false
    const over = sweeping.run().then(() => {
      isOver = true
    })
    await vi.advanceTimersByTimeAsync(60_000)
    short.resolve()
    await vi.advanceTimersByTimeAsync(9000)
    expect(isOver).toBe(false)
    await vi.advanceTimersByTimeAsync(1000)
    await over
    expect(sweeping.state).toBe('out-of-time')
    const [ended, endless] = sweeping.files.map(({ runs }) => runs.length)
    expect(underWay).toBeGreaterThan(0)
    // Not one of them is lost, and none was begun after.
    expect(ended).toBe(underWay)
    expect(endless).toBe(0)
  })
})

describe('jobs that wait', () => {
  const queue = (...jobs: Job[]): JobQueue<Job> => {
    const made = new JobQueue<Job>()
    for (const job of jobs) made.add(job)
    return made
  }
  const job = (kind: string, stage: number): Job => ({ kind, stage })

  test('go by stage, and within one those of a kind together', () => {
    const waiting = queue(job('x', 4), job('x', 0), job('y', 0), job('x', 0), job('y', 4))
    const order = Array.from({ length: 6 }, () => waiting.take())
    expect(order.map((each) => each && `${each.kind}${each.stage}`)).toEqual(['x0', 'x0', 'y0', 'y4', 'x4', undefined])
  })

  test('are counted as far as their kind goes on', () => {
    const waiting = queue(job('x', 0), job('x', 4), job('y', 4), job('x', 8))
    expect(waiting.left('x')).toBe(2)
    expect(queue(job('x', 0), job('x', 4)).left('x')).toBe(2)
  })
})

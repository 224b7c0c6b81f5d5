import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nextRuns } from '../../plugin/flaky/plan.ts'
import type { SweepFile, SweepRun, TestFinding } from '../../plugin/flaky/types.ts'
import { judge } from '../../plugin/flaky/verdict.ts'
import { drawn, judged, MIB, SETTINGS, type SimulatedTest, simulate } from '../support/simulated-sweep.ts'

const passes: SimulatedTest = () => false
const finding = (test: SimulatedTest): TestFinding => {
  const [own] = judged({ 'the test': test, another: passes }).findings
  if (own === undefined) throw new Error('there is no finding')
  return own
}

describe('a verdict', () => {
  test('stable-pass for a test that passes whatever it has', () => {
    expect(finding(passes)).toMatchObject({ verdict: 'stable-pass', rate: { failed: 0, runs: 30 }, effects: [] })
  })

  test('stable-fail for one that always fails, which needs few runs', () => {
    const { findings, runs } = judged({ broken: () => true })
    expect(findings).toMatchObject([
      { verdict: 'stable-fail', evidence: ['failed in all of 12 runs, whatever its limits'] },
    ])
    expect(runs).toHaveLength(12)
  })

  test('resource-affected for one that fails with little memory, with effect size, interval and corrected p', () => {
    const { verdict, cause, effects, evidence } = finding(({ memory }) => memory === 64 * MIB && 'heap out of memory')
    expect({ verdict, cause }).toEqual({ verdict: 'resource-affected', cause: 'out-of-memory' })
    expect(effects).toHaveLength(1)
    expect(effects[0]).toMatchObject({ resource: 'memory', limit: 64 * MIB, difference: { estimate: 1 } })
    expect(effects[0]?.difference.low).toBeGreaterThan(0.5)
    expect(effects[0]?.adjustedPValue).toBeLessThan(0.001)
    expect(evidence[0]).toMatch(/^failed in (\d+) of \1 runs with memory up to 64Mi, in 0 of \d+ runs with more/)
  })

  test('resource-affected for one that mostly fails with little CPU and sometimes with more', () => {
    const { verdict, cause, effects } = finding(({ cpu, chance }) => chance < (cpu === 100 ? 0.9 : 0.15))
    expect({ verdict, cause }).toEqual({ verdict: 'resource-affected', cause: 'timeout-under-throttling' })
    expect(effects.map(({ resource }) => resource)).toEqual(['cpu'])
  })

  test('resource-affected with the limit between little and enough where that is', () => {
    const { effects } = finding(({ memory = Number.POSITIVE_INFINITY }) => memory <= 128 * MIB)
    expect(effects[0]?.limit).toBe(128 * MIB)
  })

  test('order-dependent for a victim, with the test that pollutes it', () => {
    const { findings } = judged({
      victim: ({ before }) => before.includes(2),
      other: passes,
      polluter: passes,
      last: passes,
    })
    expect(findings[0]).toMatchObject({ verdict: 'order-dependent', cause: 'leaked-state', polluters: ['polluter'] })
    expect(findings[0]?.evidence.join()).toContain('failed exactly when ‘polluter’ ran before it')
    expect(findings.slice(1).map(({ verdict }) => verdict)).toEqual(['stable-pass', 'stable-pass', 'stable-pass'])
  })

  test('order-dependent for one that needs another, with that one', () => {
    const { findings } = judged({ setter: passes, needy: ({ before }) => !before.includes(0), other: passes })
    expect(findings[1]).toMatchObject({ verdict: 'order-dependent', cause: 'order', polluters: ['setter'] })
    expect(findings[1]?.evidence.join()).toContain('had not run before it')
  })

  test('order-dependent where either of two tests pollutes', () => {
    const { findings } = judged({
      victim: ({ before }) => before.includes(1) || before.includes(2),
      ...{ first: passes, second: passes, third: passes, fourth: passes },
    })
    expect(findings[0]?.verdict).toBe('order-dependent')
  })

  describe('of a sweep that was ended before anything was looked at closer', () => {
    const cut = (runs: number, test: SimulatedTest, change = (run: SweepRun): SweepRun => run): TestFinding => {
      const file = simulate({ 'the test': test, one: passes, two: passes, three: passes })
      const [report] = judge([{ ...file, runs: file.runs.slice(0, runs).map(change) }], SETTINGS)
      const [own] = report?.findings ?? []
      if (own === undefined) throw new Error('there is no finding')
      return own
    }
    const nearlyAnyOrder: SimulatedTest = ({ order }) => order !== undefined && order % 8 !== 0

    test('order-dependent for one that fails in nearly all other orders', () => {
      expect(cut(20, nearlyAnyOrder)).toMatchObject({ verdict: 'order-dependent', cause: 'order' })
    })

    test('order-dependent too where its container was killed in the order of its definition', () => {
      const killed = (run: SweepRun): SweepRun =>
        run.conditions.memory === 64 * MIB
          ? { ...run, outcome: 'failed', reason: 'OOMKilled', outcomes: `F${run.outcomes.slice(1)}` }
          : run
      const { verdict, evidence } = cut(30, nearlyAnyOrder, killed)
      expect(verdict).toBe('order-dependent')
      expect(evidence[0]).toMatch(/^failed in 0 of \d+ runs in the order in which the tests are defined/)
    })

    test('resource-affected though many others have failed once', () => {
      const shortened = (name: string, test: SimulatedTest): SweepFile => {
        const file = simulate({ 'the test': test }, SETTINGS, name)
        return { ...file, runs: file.runs.slice(0, 20) }
      }
      const others = Array.from({ length: 60 }, (_, index) => {
        const file = shortened(`other-${index}.test.ts`, passes)
        return { ...file, runs: file.runs.map((run) => (run.number === 4 ? { ...run, outcomes: 'F' } : run)) }
      })
      const [report] = judge([shortened('a.test.ts', ({ memory }) => memory === 64 * MIB), ...others], SETTINGS)
      expect(report?.findings[0]).toMatchObject({ verdict: 'resource-affected', cause: 'out-of-memory' })
    })

    test('flaky where that may be chance, with what speaks for the order', () => {
      const { verdict, cause, evidence } = cut(10, nearlyAnyOrder)
      expect({ verdict, cause }).toEqual({ verdict: 'flaky', cause: 'order' })
      expect(evidence[0]).toMatch(
        /^failed in 0 of 5 runs in the order in which the tests are defined, in [45] of 5 runs in others$/,
      )
    })
  })

  test('flaky, because of the time, for one that fails at certain times', () => {
    const { verdict, cause, evidence } = finding(({ clock }) => clock?.start.startsWith('2028-02-29') === true)
    expect({ verdict, cause }).toEqual({ verdict: 'flaky', cause: 'time' })
    expect(evidence.join()).toContain('2028-02-29')
  })

  test('flaky, because of randomness, for one whose seed decides', () => {
    expect(finding(({ seed }) => drawn(seed) < 0.3)).toMatchObject({ verdict: 'flaky', cause: 'randomness' })
  })

  test('flaky for one that fails by chance, by what its failures say', () => {
    expect(finding(({ chance }) => chance < 0.3)).toMatchObject({ verdict: 'flaky' })
    expect(finding(({ chance }) => chance < 0.3 && 'listen EADDRINUSE: address already in use')).toMatchObject({
      ...{ verdict: 'flaky', cause: 'port' },
    })
    expect(finding(({ chance }) => chance < 0.3 && 'connect ECONNREFUSED 127.0.0.1:1')).toMatchObject({
      cause: 'network',
    })
    expect(finding(({ chance }) => chance < 0.3 && "ENOENT: no such file or directory, open 'x'")).toMatchObject({
      cause: 'io',
    })
  })

  test('the run to repeat is one under the conditions that are most certain to fail it, with nothing out of the ordinary that makes no difference', () => {
    const repeated = (test: SimulatedTest) => {
      const { runs, findings } = judged({ 'the test': test })
      return runs.find(({ number }) => number === findings[0]?.failingRun)
    }
    const ordinary = { memory: undefined, cpu: undefined, order: undefined, clock: undefined }
    expect(repeated(({ chance }) => chance < 0.4)).toMatchObject({ outcome: 'failed', conditions: ordinary })
    expect(repeated(({ cpu, chance }) => chance < (cpu === 100 ? 0.9 : 0.4))).toMatchObject({
      ...{ outcome: 'failed', conditions: { ...ordinary, cpu: 100 } },
    })
  })

  test('on the file itself where no test can be blamed', () => {
    const runs = simulate({ a: passes }).runs.map((run) =>
      run.conditions.memory === 64 * MIB
        ? { ...run, outcome: 'failed' as const, outcomes: '', reason: 'OOMKilled' as const }
        : run,
    )
    const [report] = judge([{ project: '', file: 'a.test.ts', tests: ['a'], runs }], SETTINGS)
    expect(report?.findings.map(({ name, verdict, cause }) => [name, verdict, cause])).toEqual([
      ['a', 'stable-pass', undefined],
      ['(file)', 'resource-affected', 'out-of-memory'],
    ])
  })

  test('on the file itself where its container is killed now in one test and now in another', () => {
    const { runs } = simulate({ a: passes, b: passes })
    let kills = 0
    const killed = runs.map((run) => {
      if (run.conditions.memory !== 64 * MIB) return run
      const test = kills++ % 2
      const failures = [{ test, name: 'OOMKilled', message: 'used more than its memory limit' }]
      return {
        ...run,
        outcome: 'failed' as const,
        reason: 'OOMKilled' as const,
        outcomes: ['F-', 'PF'][test] ?? '',
        failures,
      }
    })
    const [report] = judge([{ project: '', file: 'a.test.ts', tests: ['a', 'b'], runs: killed }], SETTINGS)
    expect(report?.findings.map(({ name, verdict, cause }) => [name, verdict, cause])).toEqual([
      ['a', 'stable-pass', undefined],
      ['b', 'stable-pass', undefined],
      ['(file)', 'resource-affected', 'out-of-memory'],
    ])
  })

  test('runs that are void say nothing', () => {
    const file: SweepFile = { project: '', file: 'a.test.ts', tests: [], runs: [] }
    const run = {
      number: 1,
      conditions: {},
      outcome: 'void',
      startTime: 1,
      duration: 1,
      outcomes: '',
      failures: [],
    } as const
    const runs = [{ ...run, message: 'no container' }]
    expect(judge([{ ...file, tests: ['a'], runs }], SETTINGS)[0]?.findings).toMatchObject([
      { verdict: 'not-run', evidence: ['no container'] },
    ])
  })
})

describe('the plan of a sweep', () => {
  test('is the same for the same seed, begins as ever with that seed, and ends after as many runs for what is stable', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.nat(),
        fc.boolean(),
        fc.boolean(),
        (runs, seed, shuffle, varyClock) => {
          const settings = { ...SETTINGS, runs, seed, shuffle, varyClock }
          const file = simulate({ a: passes, b: passes }, settings)
          expect(file.runs).toHaveLength(runs)
          expect(file.runs[0]?.conditions).toMatchObject({ memory: undefined, cpu: undefined, seed, order: undefined })
          expect(simulate({ a: passes, b: passes }, settings)).toEqual(file)
          if (!shuffle) expect(file.runs.every(({ conditions }) => conditions.order === undefined)).toBe(true)
          if (!varyClock) expect(file.runs.every(({ conditions }) => conditions.clock === undefined)).toBe(true)
        },
      ),
      { numRuns: 30 },
    ))

  test('sees every limit, other orders and all times of day within the default runs, and each seed once', () => {
    const { runs } = simulate({ a: passes, b: passes })
    const conditions = runs.map((run) => run.conditions)
    for (const memory of SETTINGS.memory)
      expect(conditions.filter((each) => (each.memory ?? null) === memory).length).toBeGreaterThanOrEqual(1)
    for (const cpu of SETTINGS.cpu)
      expect(conditions.filter((each) => (each.cpu ?? null) === cpu).length).toBeGreaterThanOrEqual(3)
    expect(conditions.filter(({ memory }) => memory === 64 * MIB).length).toBeGreaterThanOrEqual(6)
    expect(conditions.filter(({ cpu }) => cpu === 100).length).toBeGreaterThanOrEqual(6)
    expect(conditions.filter(({ order }) => order !== undefined).length).toBeGreaterThanOrEqual(12)
    expect(new Set(conditions.flatMap(({ clock }) => clock?.start ?? [])).size).toBe(10)
    expect(new Set(conditions.map(({ seed }) => seed)).size).toBe(30)
  })

  test('what was fixed is so in every run', () => {
    const clock = { start: '2028-02-29T23:59:58.000Z', timeZone: 'Asia/Kolkata' }
    const settings = { ...SETTINGS, runs: 1, memory: [64 * MIB], cpu: [100], seed: 17, order: 5, clock }
    const file: SweepFile = { project: '', file: 'a.test.ts', tests: [], runs: [] }
    expect(nextRuns(file, settings)).toEqual([{ memory: 64 * MIB, cpu: 100, seed: 17, order: 5, clock }])
  })

  test('does not go on for ever whatever a test does', () =>
    fc.assert(
      fc.property(fc.float({ min: 0, max: 1, noNaN: true }), fc.nat(), (rate, seed) => {
        const file = simulate({ a: ({ chance }) => chance < rate, b: passes }, { ...SETTINGS, seed })
        expect(file.runs.length).toBeLessThanOrEqual(4 * 30)
      }),
      { numRuns: 40 },
    ))
})

test('of many tests, nearly all that are flaky are found, and nearly none that is not', () => {
  const kinds: readonly (readonly [verdict: string, test: (strength: number) => SimulatedTest])[] = [
    ['stable-pass', () => passes],
    ['stable-pass', () => passes],
    [
      'flaky',
      (strength) =>
        ({ chance }) =>
          chance < strength,
    ],
    [
      'flaky',
      (strength) =>
        ({ seed }) =>
          drawn(seed) < strength,
    ],
    [
      'flaky',
      () =>
        ({ clock }) =>
          clock?.timeZone === 'America/New_York',
    ],
    [
      'resource-affected',
      (strength) =>
        ({ memory, chance }) =>
          memory === 64 * MIB && chance < 0.5 + strength / 2,
    ],
    [
      'resource-affected',
      (strength) =>
        ({ cpu, chance }) =>
          cpu === 100 && chance < 0.5 + strength / 2,
    ],
    [
      'order-dependent',
      () =>
        ({ before }) =>
          before.includes(1),
    ],
  ]
  const all = Array.from({ length: 25 }, (_, round) =>
    kinds.map(([expected, make], kind) => ({
      expected,
      file: simulate({ a: make(0.15 + round / 50), b: passes }, SETTINGS, `${kind}-${round}.test.ts`),
    })),
  ).flat()
  const reports = judge(
    all.map(({ file }) => file),
    SETTINGS,
  )
  const verdicts = reports.map(({ findings }) => findings[0]?.verdict)
  const others = reports.flatMap(({ findings }) => findings.slice(1))
  const flaky = all.filter(({ expected }) => expected !== 'stable-pass')
  const found = flaky.filter(({ file }) => verdicts[all.findIndex((each) => each.file === file)] !== 'stable-pass')
  const wrong = all.filter(({ expected }, index) => expected === 'stable-pass' && verdicts[index] !== 'stable-pass')
  const named = all.filter(({ expected }, index) => verdicts[index] === expected)
  expect(found.length / flaky.length).toBeGreaterThanOrEqual(0.95)
  expect(wrong).toEqual([])
  expect(others.every(({ verdict }) => verdict === 'stable-pass')).toBe(true)
  expect(named.length / all.length).toBeGreaterThanOrEqual(0.9)
})

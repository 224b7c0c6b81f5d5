import { describe, expect, test } from 'vitest'
import { reproductionOf } from '../../plugin/flaky/report-facts.ts'
import { drawn, judged, MIB, type SimulatedTest } from '../support/simulated-sweep.ts'

/** Of the test that is given, in a file with another one. */
function reproduction(subject: SimulatedTest): { command: string; failures: number } {
  const file = judged({ subject, other: () => false })
  const [finding] = file.findings
  const command = finding && reproductionOf({ file, finding })
  if (finding === undefined || command === undefined) throw new Error('there is no command')
  return { command, failures: finding.rate.estimate }
}
const runsOf = (command: string): number => Number(/ --runs (\d+) /.exec(command)?.[1])

describe('the command that brings a failure about again', () => {
  test('runs the file once where these limits, this order or this seed always fail it', () => {
    expect(reproduction(({ memory }) => memory === 64 * MIB).command).toMatch(/ --runs 1 --memory 64Mi --cpu max /)
    expect(reproduction(({ before }) => before.includes(1)).command).toMatch(/ --runs 1 .* --order \d+/)
    expect(reproduction(({ seed }) => drawn(seed) < 0.4).command).toMatch(/ --runs 1 /)
  })

  test('has the limit that always fails it, though it fails now and then with more', () => {
    const { command } = reproduction(({ cpu, chance }) => chance < (cpu === 100 ? 1 : 0.1))
    expect(command).toMatch(/ --runs 1 --memory max --cpu 100m /)
  })

  test('runs it as often as it takes to see a failure that comes by chance', () => {
    const { command, failures } = reproduction(({ chance }) => chance < 0.2)
    expect((1 - failures) ** runsOf(command)).toBeLessThanOrEqual(0.05)
  })

  test('more often the rarer it is', () => {
    const [rare, frequent] = [0.15, 0.5].map((share) => runsOf(reproduction(({ chance }) => chance < share).command))
    expect(rare).toBeGreaterThan(frequent ?? 0)
  })
})

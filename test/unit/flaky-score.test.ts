import { describe, expect, test } from 'vitest'
import { detectedIn } from '../bench/flaky-contenders.ts'
import { score } from '../bench/flaky-score.ts'
import type { CorpusLabel } from '../flaky-corpus/labels.ts'

const label = (test: string, is: CorpusLabel['label']): CorpusLabel => ({
  ...{ file: 'a.test.ts', test, label: is, category: 'io', note: '' },
})
const said = (test: string, verdict: string, reported = true) => ({ file: 'a.test.ts', test, verdict, reported })

describe('the score of a contender', () => {
  test('counts what it reports against the labels', () => {
    const labels = [label('a', 'flaky'), label('b', 'resource-affected'), label('c', 'stable'), label('d', 'flaky')]
    const own = score(labels, [
      said('a', 'flaky'),
      said('b', 'flaky'),
      said('c', 'flaky'),
      said('d', 'stable-pass', false),
    ])
    expect(own).toMatchObject({ precision: 2 / 3, recall: 2 / 3, recallOfResources: 1, namedResources: 0 })
    expect(own.missed.map(({ test: name }) => name)).toEqual(['d'])
    expect(own.falseAlarms.map(({ test: name }) => name)).toEqual(['c'])
  })

  test('takes a test that nothing was said of for one that was not found', () => {
    expect(score([label('a', 'flaky')], [])).toMatchObject({ precision: undefined, recall: 0 })
  })

  test('knows in which run the second outcome was seen', () => {
    expect(detectedIn(['P', 'P', 'F'])).toBe(3)
    expect(detectedIn(['-', 'F', 'S', 'P'])).toBe(4)
    expect(detectedIn(['P', 'R'])).toBe(2)
    expect(detectedIn(['F', 'F'])).toBeUndefined()
  })
})

import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { BaseSequencer, type TestSpecification, type Vitest } from 'vitest/node'
import { orderFiles } from '../../plugin/vitest.ts'

const distPath = join(dirname(fileURLToPath(import.meta.resolve('vitest/package.json'))), 'dist')

class Own extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toReversed()
  }
}

/** What Vitest makes of a configuration. */
function vitestWith(sequence: { sequencer: typeof BaseSequencer; shuffle?: boolean }): Vitest {
  return { distPath, version: '4.1', config: { sequence, root: '/' } } as unknown as Vitest
}

describe('the order of files is changed', () => {
  test('from that of Vitest, whose sharding stays as it is', async () => {
    const vitest = vitestWith({ sequencer: BaseSequencer })
    await orderFiles(vitest, (files) => files.toReversed())
    const { sequencer: Sequencer } = vitest.config.sequence
    expect(Sequencer).not.toBe(BaseSequencer)
    const sequencer = new Sequencer(vitest)
    expect(sequencer).toBeInstanceOf(BaseSequencer)
    expect(sequencer.shard).toBe(BaseSequencer.prototype.shard)
    expect(await sequencer.sort([])).toEqual([])
  })

  test.each([
    ['chosen a sequencer', { sequencer: Own }],
    ['shuffled', { sequencer: BaseSequencer, shuffle: true }],
  ])('but not where the user has %s', async (_what, sequence) => {
    const vitest = vitestWith(sequence)
    await orderFiles(vitest, () => [])
    expect(vitest.config.sequence.sequencer).toBe(sequence.sequencer)
  })
})

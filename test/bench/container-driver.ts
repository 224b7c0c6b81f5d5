import { availableParallelism } from 'node:os'
import process from 'node:process'
import PQueue from 'p-queue'
import { messageOf } from '../../runtime/errors.ts'
import { type Contender, openContenders } from './contenders.ts'
import type { Starts } from './results.ts'

// Starts containers, in a mount namespace that containers.ts has made, and prints what it has measured as JSON.
// Arguments: directory of the installation, a temporary directory, the second mount of `/`, number of rounds.
const [installation = '', temporary = '', root = '', rounds = ''] = process.argv.slice(2)
await using contenders = await openContenders({ installation, temporary, root })
const errors = await firstErrors(contenders.all)
const able = contenders.all.filter(({ name }) => !errors.has(name))
const results = [
  ...(await measure(able, 1, Number(rounds))),
  ...(await measure(able, availableParallelism(), Number(rounds))),
  ...[...errors].map(([contender, error]): Starts => ({ contender, concurrency: 1, milliseconds: [], error })),
]
process.stdout.write(JSON.stringify(results))

/** Who cannot do it here at all; also the caches of those who can are warm then. */
async function firstErrors(all: readonly Contender[]): Promise<Map<string, string>> {
  const errors = new Map<string, string>()
  for (const { name, start } of all) await start().catch((error) => errors.set(name, messageOf(error)))
  return errors
}

/** In each round everyone starts twice as many containers as run at a time, and somebody else begins. */
async function measure(all: readonly Contender[], concurrency: number, rounds: number): Promise<Starts[]> {
  const results = all.map(({ name }): Starts => ({ contender: name, concurrency, milliseconds: [] }))
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < all.length; turn++) {
      const index = (round + turn) % all.length
      const [contender, result] = [all[index], results[index]]
      if (contender === undefined || result === undefined) continue
      const queue = new PQueue({ concurrency })
      const starts = Array.from({ length: 2 * concurrency }, () => () => timed(contender))
      result.milliseconds.push(...(await queue.addAll(starts)))
    }
  }
  return results
}

async function timed(contender: Contender): Promise<number> {
  const begin = performance.now()
  await contender.start()
  return performance.now() - begin
}

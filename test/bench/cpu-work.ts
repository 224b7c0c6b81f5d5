import * as v from 'valibot'
import { command } from '../support/command.ts'

/** Arithmetic, allocation and garbage collection in equal parts: what tests that take long do. */
const round = `
function round() {
  let primes = 0
  for (let n = 2; n < 4000; n++) {
    let prime = true
    for (let d = 2; d * d <= n; d++) if (n % d === 0) { prime = false; break }
    if (prime) primes++
  }
  const people = Array.from({ length: 500 }, (_, id) => ({ id, name: 'n' + ((id * 7919) % 500), tags: [id, id + 1] }))
  people.sort((a, b) => (a.name < b.name ? -1 : 1))
  const byName = new Map(people.map((person) => [person.name, person]))
  return primes + JSON.parse(JSON.stringify(people)).length + byName.size
}
`

/**
 * A test that works for so long on this machine, alone on it. The amount of work is fixed, not the time: whoever is slower takes longer.
 * @param node the binary that will run it
 */
export async function workFor(node: string, milliseconds: number): Promise<string> {
  // The fastest is the one that nobody has disturbed.
  const tries = [await millisecondsOf(node, 1000), await millisecondsOf(node, 1000), await millisecondsOf(node, 1000)]
  const rounds = Math.round((milliseconds / Math.min(...tries)) * 1000)
  return `
import { expect, test } from 'vitest'
${round}
test('works', () => {
  let sum = 0
  for (let i = 0; i < ${rounds}; i++) sum += round()
  expect(sum).toBe(${rounds} * (550 + 500 + 500))
})
`
}

async function millisecondsOf(node: string, rounds: number): Promise<number> {
  const script = `${round}
const begin = performance.now()
for (let i = 0; i < ${rounds}; i++) round()
console.log(performance.now() - begin)`
  return v.parse(v.pipe(v.string(), v.transform(Number), v.number()), await command(node, ['--eval', script]))
}

import { createHash, randomBytes } from 'node:crypto'

/** What Math.random() returns has 53 random bits at most; 32 are what the generator gives at once. */
const TWO_TO_32 = 2 ** 32
/** sfc32 has mixed its seed by then (PractRand, Chris Doty-Humphrey). */
const WARM_UP = 12

/**
 * Replaces Math.random: forks of one process would share the state of V8's, and return the same numbers.
 * @param seed the numbers are the same whenever it is the same; without it, they are different in every process
 */
export function seedMathRandom(seed?: string): void {
  const bytes = seed === undefined ? randomBytes(16) : createHash('sha256').update(seed).digest()
  const random = sfc32(bytes.readUInt32LE(0), bytes.readUInt32LE(4), bytes.readUInt32LE(8), bytes.readUInt32LE(12))
  // As V8's own: not enumerable, may be spied on.
  Object.defineProperty(Math, 'random', { value: random, writable: true, configurable: true, enumerable: false })
}

/** Small Fast Counter, 32 bits: passes PractRand and BigCrush, and is as fast as V8's generator. */
function sfc32(first: number, second: number, third: number, count: number): () => number {
  let [a, b, c, counter] = [first | 0, second | 0, third | 0, count | 0]
  const random = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / TWO_TO_32
  }
  for (let i = 0; i < WARM_UP; i++) random()
  return random
}

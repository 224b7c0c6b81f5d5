import { type Reading, readBits } from '../quantity.ts'
import { show } from '../show.ts'

/** The kernel counts delays in 32 bits of 64 ns (native/conditions.c). */
const MOST_SECONDS = 274
const MICROSECONDS: Readonly<Record<string, number>> = { us: 1, ms: 1000, s: 1_000_000 }
/** And rates in 32 bits of bytes a second. */
const MOST_BITS = 8 * (2 ** 32 - 1)

/** Reads a duration such as `'100ms'`, `'1.5s'` or `'250us'`: microseconds. */
export function readDelay(value: unknown): Reading {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(us|ms|s)$/.exec(String(value)) ?? []
  const digits = /^[\d.]+/.exec(String(value))?.[0] ?? '100'
  if (number === undefined)
    return { problem: `${show(value)} is not a time; write a number with us, ms or s: '${digits}ms'` }
  const microseconds = Math.round(Number(number) * (MICROSECONDS[unit] ?? 1))
  if (microseconds <= MOST_SECONDS * 1e6) return { value: microseconds }
  return { problem: `${show(value)} is more than ${MOST_SECONDS}s, the most that the kernel takes` }
}

/** Reads a percentage such as `'0.5%'`: a share of 1. */
export function readLoss(value: unknown): Reading {
  const number = /^(\d+(?:\.\d+)?)%$/.exec(String(value))?.[1]
  if (number !== undefined && Number(number) <= 100) return { value: Number(number) / 100 }
  return { problem: `${show(value)} is not a share; write '0%' to '100%'` }
}

/** Reads a Kubernetes quantity of bits a second, as its bandwidth annotations have it: `'10M'`. */
export function readRate(value: unknown): Reading {
  const reading = readBits(value)
  if ('problem' in reading || reading.value <= MOST_BITS) return reading
  return { problem: `${show(value)} is more than 34G, the most that the kernel takes` }
}

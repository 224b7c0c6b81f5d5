import jstat from 'jstat'
import type { Rate } from './types.ts'

/** Of every interval that is told. */
const CONFIDENCE = 0.95
const TAIL = (1 - CONFIDENCE) / 2
/** Standard normal quantile of 1 - TAIL. */
const Z = 1.959963984540054
/** Tables as likely as the one that was seen are as extreme; sums of products of floating point numbers differ in their last digits. */
const TOLERANCE = 1 + 1e-7

/** A share with its exact interval: C. J. Clopper, E. S. Pearson, Biometrika 26 (1934). Without runs nothing is known. */
export function rate(failed: number, runs: number): Rate {
  if (runs === 0) return { failed, runs, estimate: 0, low: 0, high: 1 }
  return {
    failed,
    runs,
    estimate: failed / runs,
    low: failed === 0 ? 0 : jstat.beta.inv(TAIL, failed, runs - failed + 1),
    high: failed === runs ? 1 : jstat.beta.inv(1 - TAIL, failed + 1, runs - failed),
  }
}

/** Fisher's exact test of whether two shares are the same, two-sided. @returns the p-value */
export function fisherExact(a: Pick<Rate, 'failed' | 'runs'>, b: Pick<Rate, 'failed' | 'runs'>): number {
  const all = a.runs + b.runs
  const failed = a.failed + b.failed
  if (a.runs === 0 || b.runs === 0 || failed === 0 || failed === all) return 1
  const probability = (k: number): number => jstat.hypgeom.pdf(k, all, failed, a.runs)
  const seen = probability(a.failed) * TOLERANCE
  let p = 0
  for (let k = Math.max(0, failed - b.runs); k <= Math.min(failed, a.runs); k++) {
    const each = probability(k)
    if (each <= seen) p += each
  }
  return Math.min(1, p)
}

/**
 * Difference of two shares with its interval: the hybrid score method, number 10 of R. G. Newcombe, Statistics in Medicine 17 (1998), which
 * holds for small counts too.
 */
export function difference(a: Rate, b: Rate): { estimate: number; low: number; high: number } {
  const [ofA, ofB] = [wilson(a), wilson(b)]
  const estimate = a.estimate - b.estimate
  return {
    estimate,
    low: Math.max(-1, estimate - Math.hypot(a.estimate - ofA.low, ofB.high - b.estimate)),
    high: Math.min(1, estimate + Math.hypot(ofA.high - a.estimate, b.estimate - ofB.low)),
  }
}

/** E. B. Wilson, Journal of the American Statistical Association 22 (1927). */
function wilson({ estimate, runs }: Rate): { low: number; high: number } {
  const scale = 1 + Z ** 2 / runs
  const centre = (estimate + Z ** 2 / (2 * runs)) / scale
  const half = (Z / scale) * Math.sqrt((estimate * (1 - estimate)) / runs + Z ** 2 / (4 * runs ** 2))
  return { low: centre - half, high: centre + half }
}

/**
 * Corrects p-values for their number, by Y. Benjamini, Y. Hochberg, Journal of the Royal Statistical Society B 57 (1995): of what is below 0.05
 * then, 5 % are expected to be wrong.
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const order = pValues.map((p, index) => ({ p, index })).toSorted((a, b) => b.p - a.p)
  const adjusted = new Array<number>(pValues.length).fill(1)
  let least = 1
  for (const [place, { p, index }] of order.entries()) {
    least = Math.min(least, (p * pValues.length) / (pValues.length - place))
    adjusted[index] = least
  }
  return adjusted
}

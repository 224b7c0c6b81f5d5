import type { Dependence } from './dependence.ts'
import type { Subject } from './subjects.ts'
import type { Cause, ResourceEffect, SweepRun, Verdict } from './types.ts'

const TIMED_OUT = /timed? ?out|deadline|ETIMEDOUT/i
const NO_MEMORY = /heap out of memory|allocation failed|cannot allocate|ENOMEM|OOM/i
/** What a message says of its cause, most telling first. */
const MESSAGES: readonly (readonly [RegExp, Cause])[] = [
  [NO_MEMORY, 'out-of-memory'],
  [/EADDRINUSE/, 'port'],
  [
    /ECONN(?:REFUSED|RESET|ABORTED)|ENOTFOUND|EAI_AGAIN|EPIPE|EHOSTUNREACH|ENETUNREACH|socket hang up|fetch failed/,
    'network',
  ],
  [/\b(?:ENOENT|EEXIST|EBUSY|EMFILE|ENFILE|ENOTEMPTY|ENOSPC|EISDIR|ENOTDIR)\b/, 'io'],
]

/** The likely cause of failures: first by what they depend on, then by what they say. */
export function causeOf(
  { seen, test }: Subject,
  verdict: Verdict,
  { order, isOrderLikely, isTimed, seeded }: Dependence,
  effects: readonly ResourceEffect[],
): Cause {
  const failures = seen.filter(({ failed }) => failed).map(({ run }) => run)
  const said = failures.map((run) => messageOf(run, test))
  if (verdict === 'order-dependent')
    return order?.relations.some(({ kind }) => kind === 'polluter') ? 'leaked-state' : 'order'
  if (isTimed) return 'time'
  if (mostly(failures, ({ reason }) => reason === 'OOMKilled')) return 'out-of-memory'
  const told = MESSAGES.find(([pattern]) => mostly(said, (message) => pattern.test(message)))
  if (verdict === 'resource-affected') {
    const [strongest] = effects.toSorted((a, b) => a.pValue - b.pValue)
    if (strongest?.resource === 'memory') return 'out-of-memory'
    return told?.[1] ?? 'timeout-under-throttling'
  }
  if (told !== undefined) return told[1]
  if (seeded !== undefined) return 'randomness'
  if (isOrderLikely) return 'order'
  if (mostly(failures, ({ leftBehind }) => leftBehind !== undefined)) return 'leaked-state'
  return mostly(said, (message) => TIMED_OUT.test(message)) ? 'async-wait' : 'unknown'
}

export function messageOf(run: SweepRun, test: number | undefined): string {
  const failure = run.failures.find((each) => each.test === test) ?? run.failures[0]
  return `${failure?.name ?? ''} ${failure?.message ?? run.message ?? ''}`
}

function mostly<T>(list: readonly T[], is: (each: T) => boolean): boolean {
  return list.length > 0 && list.filter(is).length * 2 > list.length
}

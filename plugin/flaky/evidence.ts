import { formatDuration } from '../../runtime/duration.ts'
import type { Dependence } from './dependence.ts'
import { rateOf } from './effects.ts'
import { clearestFailure, rateUnder, withoutSeed } from './follow-ups.ts'
import { runsByOrder } from './order.ts'
import type { Subject } from './subjects.ts'
import type { Rate, ResourceEffect, Verdict } from './types.ts'
import { describeConditions, formatCpuLimit, formatMemoryLimit, percent } from './words.ts'

/** Names of tests in a sentence. */
const MOST_NAMES = 2

/** What was seen that speaks for a verdict and its cause: sentences, with figures. */
export function evidenceOf(
  subject: Subject,
  verdict: Verdict,
  { order, isOrderLikely, isTimed, seeded }: Dependence,
  effects: readonly ResourceEffect[],
): string[] {
  if (verdict === 'stable-fail') return [`failed in all of ${subject.seen.length} runs, whatever its limits`]
  return [
    ...(verdict === 'resource-affected' ? effects.map(effectSentence) : []),
    ...(verdict === 'order-dependent' ? orderSentences(subject, order) : []),
    ...(verdict === 'flaky' && isOrderLikely ? [orderSentence(subject)] : []),
    ...(verdict === 'flaky' && isTimed ? [timeSentence(subject)] : []),
    ...(verdict === 'flaky' && !isTimed && seeded !== undefined
      ? [`fails each time with some seeds of Math.random, such as ${seeded.seed}, and never with others`]
      : []),
    ...(verdict === 'flaky' && !isTimed ? repeatSentence(subject) : []),
    ...killSentences(subject),
    ...throttleSentences(subject, effects),
  ]
}

function effectSentence({
  resource,
  limit,
  scarce,
  ample,
  difference,
  adjustedPValue,
  method,
}: ResourceEffect): string {
  const format = resource === 'memory' ? formatMemoryLimit : formatCpuLimit
  const interval = `difference ${percent(difference.estimate)} points, 95% interval ${percent(difference.low)} to ${percent(difference.high)}`
  return `failed in ${of(scarce)} with ${resource} up to ${format(limit)}, in ${of(ample)} with more (${interval}; ${method}, p = ${adjustedPValue < 0.001 ? adjustedPValue.toExponential(1) : adjustedPValue.toPrecision(2)} corrected for the number of tests)`
}

function orderSentences(subject: Subject, order: Dependence['order']): string[] {
  const relations = order?.relations ?? []
  const named = (kind: string): string => oneOf(relations.filter((each) => each.kind === kind).map(({ name }) => name))
  const [polluters, setters] = [named('polluter'), named('setter')]
  return [
    orderSentence(subject),
    ...(polluters === '' ? [] : [`failed exactly when ${polluters} ran before it, which may leave something behind`]),
    ...(setters === '' ? [] : [`failed exactly when ${setters} had not run before it, which may set something up`]),
  ]
}

function orderSentence(subject: Subject): string {
  const { defined, shuffled } = runsByOrder(subject)
  return `failed in ${of(rateOf(defined))} in the order in which the tests are defined, in ${of(rateOf(shuffled))} in others`
}

/** Few orders leave many tests that may be it. */
function oneOf(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).map((name) => `‘${name}’`)
  const more = names.length - shown.length
  return [...shown, ...(more > 0 ? [`one of ${more} others`] : [])].join(' or ')
}

function timeSentence({ seen }: Subject): string {
  const ordinary = rateOf(seen.filter(({ run }) => run.conditions.clock === undefined))
  const clocks = new Set(
    seen.flatMap(({ run: { conditions }, failed }) =>
      failed && conditions.clock !== undefined ? [`${conditions.clock.start} in ${conditions.clock.timeZone}`] : [],
    ),
  )
  return `failed in ${of(ordinary)} at the machine’s time, and each time at ${[...clocks].slice(0, 3).join(', ')}`
}

function repeatSentence(subject: Subject): string[] {
  const failure = clearestFailure(subject)
  if (failure === undefined) return []
  const same = rateUnder(subject, failure)
  const alike = rateUnder(subject, withoutSeed(failure))
  const repeated = same.runs > 1 ? `, of these in ${of(same)} with seed ${failure.seed}` : ''
  return [`failed in ${of(alike)} with ${describeConditions(withoutSeed(failure))}${repeated}`]
}

function killSentences({ seen }: Subject): string[] {
  const killed = seen.filter(({ run, failed }) => failed && run.reason === 'OOMKilled').length
  return killed === 0 ? [] : [`its container was OOM killed in ${killed} of the runs in which it failed`]
}

function throttleSentences({ seen }: Subject, effects: readonly ResourceEffect[]): string[] {
  if (!effects.some(({ resource }) => resource === 'cpu')) return []
  const throttled = seen.filter(({ failed }) => failed).flatMap(({ run }) => run.throttledMicroseconds ?? [])
  if (throttled.length === 0) return []
  const median = throttled.toSorted((a, b) => a - b)[Math.floor(throttled.length / 2)] ?? 0
  return [`when it failed its container was held back for ${formatDuration(median / 1000)} by its CPU limit (median)`]
}

function of({ failed, runs }: Rate): string {
  return `${failed} of ${runs} runs`
}

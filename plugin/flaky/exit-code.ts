import { closest } from 'fastest-levenshtein'
import { MydockerError } from '../../runtime/errors.ts'
import { show } from '../../runtime/show.ts'
import { keyOf } from './quarantine.ts'
import type { FlakyReport, Verdict } from './types.ts'

/** Verdicts that may fail a sweep. */
const BAD: readonly Verdict[] = ['flaky', 'resource-affected', 'order-dependent', 'stable-fail']

/**
 * @param text what `--fail-on` says: verdicts, separated by commas, or `none`
 * @throws MydockerError stage `options`
 */
export function parseFailOn(text: string): ReadonlySet<Verdict> {
  if (text.trim() === 'none') return new Set()
  return new Set(text.split(',').map((word) => parseVerdict(word.trim())))
}

/** @returns 1 when there is a finding that is not to be, and that no list has in quarantine */
export function exitStatus({ files, sweep }: FlakyReport, failOn: ReadonlySet<Verdict>): 0 | 1 {
  const quarantined = new Set(sweep.quarantined)
  const fails = files.some((file) =>
    file.findings.some((finding) => failOn.has(finding.verdict) && !quarantined.has(keyOf(file, finding))),
  )
  return fails ? 1 : 0
}

function parseVerdict(word: string): Verdict {
  const verdict = BAD.find((each) => each === word)
  if (verdict !== undefined) return verdict
  throw new MydockerError({
    stage: 'options',
    message: `--fail-on: ${show(word)} is no verdict`,
    hint: `Did you mean ${closest(word, [...BAD, 'none'])}? There are ${BAD.join(', ')} and none.`,
  })
}

import * as v from 'valibot'

/** What is counted of a category of cases. */
const count = v.object({ tried: v.number(), held: v.number() })
const counts = v.record(v.string(), count)

/** Of one run of the cases, by kind and category. */
export const trustResults = v.object({ escapes: counts, faults: counts, hosts: counts })
export type TrustResults = v.InferOutput<typeof trustResults>
export type Kind = keyof TrustResults
export type Count = v.InferOutput<typeof count>

export const KINDS: Readonly<Record<Kind, string>> = {
  escapes: 'ways out that are tried',
  faults: 'faults',
  hosts: 'hosts',
}

export function total(all: Readonly<Record<string, Count>>): Count {
  const sum = (name: keyof Count): number => Object.values(all).reduce((before, each) => before + each[name], 0)
  return { tried: sum('tried'), held: sum('held') }
}

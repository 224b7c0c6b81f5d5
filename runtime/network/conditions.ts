import { attempt } from '../attempt.ts'
import { MydockerError } from '../errors.ts'
import { hasPowerOverHost, identitySteps, shiftedIdentity, userIdentity } from '../identity.ts'
import type { Step } from '../plan.ts'
import type { ContainerSpec, NetworkConditions } from '../spec.ts'
import { INTERFACE } from './bridge.ts'

const BITS = 8
const MILLION = 1_000_000

/** What the plan of a container says of the conditions of its network (native/conditions.h). */
export function conditionsSteps({ network, conditions }: Pick<ContainerSpec, 'network' | 'conditions'>): Step[] {
  if (conditions === undefined) return []
  return [conditionsStep(network === 'bridge' ? INTERFACE : 'lo', conditions)]
}

function conditionsStep(name: string, { delay, jitter, loss, rate }: NetworkConditions): Step {
  const bytes = Math.ceil(rate / BITS)
  return ['conditions', name, ...[delay, jitter, Math.round(loss * MILLION), bytes].map(String)]
}

/** @returns why this kernel has none, found by setting some in a network namespace of nobody's */
export async function conditionsProblem(): Promise<MydockerError | undefined> {
  try {
    await attempt(trialSteps())
    return undefined
  } catch (error) {
    if (error instanceof MydockerError) return error
    throw error
  }
}

/** Also what `mydocker doctor` tries. */
export function trialSteps(): Step[] {
  const identity = hasPowerOverHost() ? shiftedIdentity() : userIdentity({ uid: 0, gid: 0 })
  const kinds = ['user', 'net'].map((kind): Step => ['namespace', kind])
  return [...kinds, ...identitySteps(identity), ['network'], conditionsStep('lo', TRIAL)]
}

const TRIAL: NetworkConditions = { delay: 1000, jitter: 0, loss: 0, rate: 0 }

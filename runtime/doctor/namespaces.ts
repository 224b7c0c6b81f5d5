import { hostname, userInfo } from 'node:os'
import { attempt } from '../attempt.ts'
import { helpersInstalled, identitySteps } from '../identity.ts'
import type { Step } from '../plan.ts'
import type { Host } from './host.ts'
import type { Finding } from './report.ts'

/** Making one is not enough: AppArmor may allow that and take its capabilities away, so one of them is used. */
export async function userNamespace(): Promise<Finding> {
  await attempt([['namespace', 'user']])
  await attempt([
    ['namespace', 'user'],
    ['namespace', 'uts'],
    ['hostname', 'doctor'],
  ])
  return { status: 'ok', detail: 'made, and its capabilities count' }
}

export async function idMaps(host: Host): Promise<Finding> {
  await attempt(ownNamespaces(host, 'user'))
  const { uidMap, helpers } = host.identity
  const count = uidMap.reduce((sum, range) => sum + range.count, 0)
  if (host.facts.isRoot) return { status: 'ok', detail: `${count} ids, all of them without power outside` }
  const gives = `root inside is uid ${process.getuid?.()} outside`
  if (helpers) return { status: 'ok', detail: `${count} ids, by newuidmap`, gives }
  return {
    status: 'degraded',
    detail: 'your own id only: inside, nothing can belong to others',
    cure: cureOneId(host),
    gives,
  }
}

export async function privatePids(host: Host): Promise<Finding> {
  const { pidInside } = await attempt(ownNamespaces(host, 'user', 'pid'))
  if (pidInside === 1) return { status: 'ok', detail: 'process ids of its own, from 1 on' }
  return { status: 'missing', detail: `the first process inside has pid ${pidInside}` }
}

export async function privateHostname(host: Host): Promise<Finding> {
  const before = hostname()
  await attempt([...ownNamespaces(host, 'user', 'uts'), ['hostname', 'doctor']])
  if (hostname() === before) return { status: 'ok', detail: 'a hostname of its own' }
  return { status: 'missing', detail: `the hostname of the host became ${hostname()}` }
}

export async function privateNetwork(host: Host): Promise<Finding> {
  await attempt([...ownNamespaces(host, 'user', 'net'), ['network']])
  return { status: 'ok', detail: 'a loopback of its own, and it is up' }
}

/** Steps that make namespaces, with the ids that a container has. */
export function ownNamespaces(host: Host, ...kinds: readonly string[]): Step[] {
  return [...kinds.map((kind): Step => ['namespace', kind]), ...identitySteps(host.identity)]
}

/** subuid(5); the range is the first that useradd(8) gives out. A container has what its host gave it. */
function cureOneId({ facts }: Host): string | undefined {
  if (facts.container !== undefined) return undefined
  const install = helpersInstalled() ? '' : 'sudo apt-get install uidmap; '
  return `${install}sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${accountName()}`
}

/** A uid without an account has no subordinate ids either, until it gets both. */
function accountName(): string {
  try {
    return userInfo().username
  } catch {
    return 'NAME'
  }
}

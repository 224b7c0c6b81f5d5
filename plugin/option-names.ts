import { show } from '../runtime/show.ts'

/** How the value of an option is written in a docblock; `config` options are too structured for one. */
export type OptionKind = 'text' | 'texts' | 'number' | 'numbers' | 'flag' | 'config'

/** Every option by its dotted path. */
export const OPTION_KINDS: Readonly<Record<string, OptionKind>> = {
  image: 'text',
  start: 'text',
  warm: 'texts',
  seed: 'number',
  'resources.requests.memory': 'text',
  'resources.requests.cpu': 'text',
  'resources.limits.memory': 'text',
  'resources.limits.cpu': 'text',
  'resources.limits.pids': 'text',
  'resources.limits.ephemeral-storage': 'text',
  'resources.limits.swap': 'text',
  'resources.requests': 'config',
  'resources.limits': 'config',
  network: 'text',
  'network.mode': 'text',
  'network.hostPorts': 'numbers',
  'network.egress': 'flag',
  'network.conditions': 'config',
  'network.conditions.delay': 'text',
  'network.conditions.jitter': 'text',
  'network.conditions.loss': 'text',
  'network.conditions.rate': 'text',
  hostname: 'text',
  env: 'text',
  workingDir: 'text',
  'securityContext.runAsUser': 'number',
  'securityContext.runAsGroup': 'number',
  'securityContext.seccompProfile': 'config',
  'securityContext.seccompProfile.type': 'text',
  'securityContext.capabilities': 'config',
  'securityContext.capabilities.drop': 'texts',
  volumes: 'config',
  'volumes[].mountPath': 'config',
  'volumes[].hostPath': 'config',
  'volumes[].emptyDir': 'config',
  'volumes[].readOnly': 'config',
  services: 'config',
  persist: 'texts',
  restartPolicy: 'text',
  backoffLimit: 'number',
  memoryBackoff: 'number',
  flaky: 'config',
  'flaky.runs': 'number',
  'flaky.onlyChanged': 'flag',
  'flaky.changedSince': 'text',
  activeDeadlineSeconds: 'number',
  hermetic: 'text',
  size: 'text',
  strict: 'flag',
  overrides: 'config',
  'overrides[].include': 'config',
  report: 'config',
  'report.summary': 'config',
  'report.json': 'config',
  'report.html': 'config',
  'report.openmetrics': 'config',
}

/**
 * One sentence for a name that is no option: the sibling spelled most alike, else the place where an option of
 * that name lives, else the names known here.
 */
export function noSuchOption(name: string, siblings: readonly string[]): string {
  if (Object.hasOwn(OPTION_KINDS, name)) return 'cannot be set here, only at the top level of the options'
  const meant = nearest(name, siblings) ?? Object.keys(OPTION_KINDS).find((path) => lastSegment(path) === name)
  if (meant !== undefined) return `no such option; did you mean ${meant}?`
  return siblings.length === 0
    ? 'no such option; nothing can be set here'
    : `no such option; known here: ${siblings.join(', ')}`
}

/** The candidate that needs the fewest edits, if these are few enough for a slip of the pen. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const best = candidates
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0]
  return best !== undefined && best.distance <= Math.max(1, Math.floor(name.length / 3)) ? best.candidate : undefined
}

/** `'a', 'b' or 'c'`. */
export function alternatives(names: readonly string[]): string {
  const quoted = names.map(show)
  return [quoted.slice(0, -1).join(', '), quoted.at(-1)].filter((part) => part !== '').join(' or ')
}

function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1)
}

/** Levenshtein's distance, row by row. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1]
    for (const [j, other] of [...to].entries()) {
      const substituted = (row[j] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(substituted, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? from.length
}

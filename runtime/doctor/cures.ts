import { MydockerError } from '../errors.ts'
import { type HostFacts, hostFacts } from './facts.ts'

/** An error of `openEngine`, with the cure that `mydocker doctor` would give for it. */
export function withDoctorsCure(error: unknown): unknown {
  if (!(error instanceof MydockerError)) return error
  const cure = cureFor(error, hostFacts())
  return error.withHint([cure, '`mydocker doctor` shows the rest.'].filter(Boolean).join('\n  '))
}

/** One sentence with the exact sysctl, flag or command; undefined where nobody knows one. */
export function cureFor(
  { stage, errno, hint }: Pick<MydockerError, 'stage' | 'errno' | 'hint'>,
  facts: HostFacts,
): string | undefined {
  const isRefused = errno === 'EPERM' || errno === 'EACCES'
  if (facts.container === 'mydocker' && (stage === 'cgroup' || !OTHERWISE.has(stage))) return NO_NESTING
  if (errno === 'ENOSPC' && COUNTED.has(stage)) return cureByCount(facts) ?? hint
  if (isRefused && COVERED.has(stage)) return (facts.isProcCovered ? cureByFlags(facts) : undefined) ?? hint
  if (isRefused && !OTHERWISE.has(stage)) return cureByPower(facts) ?? hint
  return hint
}

/** The filter could be lifted, but nothing uncovers what is masked in /proc; nor may overlays lie on overlays of overlays. */
const NO_NESTING = 'This is a container of mydocker, and those hold no others: run it outside.'
/** Stages of native/*.c that make namespaces, of which sysctls bound the number. */
const COUNTED = new Set(['user namespace', 'mount namespace', 'cgroup namespace'])
/** Stages that a covered /proc makes fail. */
const COVERED = new Set(['proc', 'sysfs'])
/** Stages where a refusal has other reasons than a lack of power over one's own namespaces. */
const OTHERWISE = new Set([
  'command',
  'working directory',
  'host port',
  'cgroup',
  'copy',
  'bind',
  'supervisor',
  'native',
])

function cureByCount({ forbiddenNamespaces, container }: HostFacts): string | undefined {
  if (forbiddenNamespaces.length === 0) return undefined
  const settings = forbiddenNamespaces.map((kind) => `user.max_${kind}_namespaces=15000`).join(' ')
  return setSysctl(settings, container)
}

function cureByPower(facts: HostFacts): string | undefined {
  const { isRoot, container, unprivilegedUserns, appArmorRestrictsUserns, hasSeccompFilter } = facts
  if (!isRoot && unprivilegedUserns === 0) return setSysctl('kernel.unprivileged_userns_clone=1', container)
  const restriction = !isRoot && appArmorRestrictsUserns === 1
  const flags = cureByFlags(facts)
  // The sysctl of the host holds in its containers too, whatever profile they have.
  const sysctl = restriction ? setSysctl('kernel.apparmor_restrict_unprivileged_userns=0', container) : undefined
  if (flags !== undefined || sysctl !== undefined) return [flags, sysctl].filter(Boolean).join(' ')
  if (hasSeccompFilter)
    return 'A seccomp filter is in force: run without it (systemd: SystemCallFilter=, RestrictNamespaces=).'
  return undefined
}

/** What lifts the blocks that a surrounding container is found to have. */
function cureByFlags(facts: HostFacts): string | undefined {
  const { container, hasSeccompFilter, appArmorProfile, isProcCovered } = facts
  const seccomp = hasSeccompFilter ? ['seccomp=unconfined'] : []
  const appArmor = appArmorProfile === undefined ? [] : ['apparmor=unconfined']
  if (container === 'docker')
    return engineFlags('docker', [...seccomp, ...appArmor, ...(isProcCovered ? ['systempaths=unconfined'] : [])])
  if (container === 'podman')
    return engineFlags('podman', [...seccomp, ...appArmor, ...(isProcCovered ? ['unmask=ALL'] : []), 'label=disable'])
  if (container === 'kubernetes')
    return 'Pod: hostUsers: false; container securityContext: procMount: Unmasked, seccompProfile and appArmorProfile of type Unconfined.'
  return undefined
}

function engineFlags(engine: string, options: readonly string[]): string | undefined {
  if (options.length === 0) return undefined
  return `Start the container by: ${engine} run ${options.map((option) => `--security-opt ${option}`).join(' ')}`
}

function setSysctl(settings: string, container: HostFacts['container']): string {
  const command = `sudo sysctl -w ${settings}`
  return container === undefined ? command : `On the host, not in the container: ${command}`
}

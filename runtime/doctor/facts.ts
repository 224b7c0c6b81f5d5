import { existsSync, readFileSync, readlinkSync } from 'node:fs'
import { hasPowerOverHost } from '../identity.ts'
import { isWithin, readMounts } from '../mountinfo.ts'

/** What surrounds this process. It decides which cure helps, never whether something works: that is tried. */
export interface HostFacts {
  /** Real root, see `hasPowerOverHost`. */
  readonly isRoot: boolean
  readonly container: 'mydocker' | 'docker' | 'podman' | 'kubernetes' | 'other' | undefined
  /** A seccomp filter is in force (seccomp(2)). */
  readonly hasSeccompFilter: boolean
  /** The AppArmor profile that confines this process. */
  readonly appArmorProfile: string | undefined
  /** Something is mounted over a part of /proc, which a fresh one would uncover. */
  readonly isProcCovered: boolean
  /** The kinds of namespace of which sysctl user.max_*_namespaces allows none. */
  readonly forbiddenNamespaces: readonly string[]
  /** Sysctls by name; undefined where this kernel lacks them. */
  readonly unprivilegedUserns: number | undefined
  readonly appArmorRestrictsUserns: number | undefined
}

const KINDS = ['user', 'pid', 'uts', 'ipc', 'net', 'mnt', 'cgroup'] as const

export function hostFacts(): HostFacts {
  return {
    isRoot: hasPowerOverHost(),
    container: surroundingContainer(),
    hasSeccompFilter: /^Seccomp:\s*2$/m.test(readText('/proc/self/status')),
    appArmorProfile: confiningProfile(readText('/proc/self/attr/current')),
    isProcCovered: readMounts().some(({ mountPoint }) => mountPoint !== '/proc' && isWithin(mountPoint, '/proc')),
    forbiddenNamespaces: KINDS.filter((kind) => sysctl(`user.max_${kind}_namespaces`) === 0),
    unprivilegedUserns: sysctl('kernel.unprivileged_userns_clone'),
    appArmorRestrictsUserns: sysctl('kernel.apparmor_restrict_unprivileged_userns'),
  }
}

/** The marks that container engines leave, and systemd's way of telling (systemd.io/CONTAINER_INTERFACE), in its order. */
function surroundingContainer(): HostFacts['container'] {
  // A virtual machine made of a container image has the marks too.
  if (isInitial('pid') && isInitial('uts')) return undefined
  // First, as a container of ours shows the marks of whatever is around it.
  if (readMounts().some(({ mountPoint, source }) => mountPoint === '/proc' && source === OURS)) return 'mydocker'
  if (process.env.KUBERNETES_SERVICE_HOST !== undefined) return 'kubernetes'
  // Podman makes its mark in every container; Docker's may also be a file of an image, made from an export of a container.
  if (existsSync('/run/.containerenv')) return 'podman'
  if (existsSync('/.dockerenv')) return 'docker'
  return existsSync('/run/systemd/container') || process.env.container !== undefined ? 'other' : undefined
}

/** SOURCE in native/mounts.c. */
const OURS = 'mydocker'

/** Inode numbers of the namespaces that a kernel boots with (PROC_PID_INIT_INO, include/linux/proc_ns.h). */
const INITIAL = { pid: 0xefff_fffc, uts: 0xefff_fffe } as const

function isInitial(kind: keyof typeof INITIAL): boolean {
  return readlinkSync(`/proc/self/ns/${kind}`) === `${kind}:[${INITIAL[kind]}]`
}

/** `docker-default (enforce)`, `unconfined`, or nothing where AppArmor is not the security module. */
function confiningProfile(text: string): string | undefined {
  return /^(\S+) \((?:enforce|kill)\)/.exec(text)?.[1]
}

function sysctl(name: string): number | undefined {
  const text = readText(`/proc/sys/${name.replaceAll('.', '/')}`).trim()
  return /^\d+$/.test(text) ? Number(text) : undefined
}

/** Empty where there is no such file, or it may not be read. */
function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

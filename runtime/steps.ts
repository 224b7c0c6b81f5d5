import { MydockerError } from './errors.ts'
import { type Identity, identitySteps, isMapped } from './identity.ts'
import { conditionsSteps } from './network/conditions.ts'
import type { Step } from './plan.ts'
import { seccompProgram } from './seccomp/compile.ts'
import type { ContainerSpec } from './spec.ts'

/**
 * The steps of a plan that are not mounts (native/init.c).
 * @throws MydockerError stage `user`: the command's user has no counterpart outside.
 */
export function containerSteps(spec: ContainerSpec, identity: Identity, cgroupFiles: readonly string[]): Step[] {
  assertMapped(spec, identity)
  const isRoot = spec.user.uid === 0
  return [
    ...cgroupFiles.map((file): Step => ['cgroup', file]),
    ...(spec.oomScoreAdjust === undefined ? [] : [['oom-score-adjust', `${spec.oomScoreAdjust}`] as const]),
    ...identitySteps(identity),
    ...['user', 'pid', 'uts', 'ipc'].map((kind): Step => ['namespace', kind]),
    ...(spec.network === 'host' ? [] : [['namespace', 'net'] as const]),
    ...(spec.timings ? [['timings'] as const] : []),
    ...(spec.share ? [['share'] as const] : []),
    ['hostname', spec.hostname],
    ...(spec.network === 'host' ? [] : [['network'] as const]),
    ...conditionsSteps(spec),
    ...spec.hostPorts.flatMap(({ port, families }) => families.map((family): Step => ['listen', family, `${port}`])),
    ['user', `${spec.user.uid}`, `${spec.user.gid}`],
    ...(isRoot && !spec.dropCapabilities ? DEFAULT_CAPABILITIES : []).map(
      (number): Step => ['keep-capability', `${number}`],
    ),
    ...(spec.seccomp === undefined ? [] : [['seccomp', seccompProgram(spec.seccomp)] as const]),
    ['working-directory', spec.workingDir],
    ...Object.entries(spec.env).map(([key, value]): Step => ['environment', `${key}=${value}`]),
    ...(spec.channel ? [['channel'] as const] : []),
    ...(spec.stdio === 'terminal' ? [terminalStep(spec)] : []),
    spec.command === 'forked' ? ['await-command'] : ['command', ...spec.command],
  ]
}

/** What the steps of a container say about a process that joins it later; the rest has been done when it comes. */
export function joiningSteps(steps: readonly Step[]): Step[] {
  return steps.filter(([name]) => JOINING.has(name))
}

const JOINING = new Set([
  'cgroup',
  'oom-score-adjust',
  'namespace',
  'deny-setgroups',
  'user',
  'keep-capability',
  'seccomp',
  'working-directory',
  'environment',
])

/** Where nobody says, the size that terminals have had since the VT100. */
function terminalStep({ terminalSize: { rows, columns } = { rows: 24, columns: 80 } }: ContainerSpec): Step {
  return ['terminal', `${rows}`, `${columns}`]
}

/** Docker's default set for root, by number (linux/capability.h): CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP
 * NET_BIND_SERVICE NET_RAW SYS_CHROOT MKNOD AUDIT_WRITE SETFCAP. They count inside the container's user namespace only. */
const DEFAULT_CAPABILITIES = [0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31]

function assertMapped({ user }: ContainerSpec, identity: Identity): void {
  for (const [kind, id, map] of [
    ['uid', user.uid, identity.uidMap],
    ['gid', user.gid, identity.gidMap],
  ] as const)
    if (!isMapped(map, id))
      throw new MydockerError({
        stage: 'user',
        message: `${kind} ${id} has no counterpart outside the container`,
        hint: 'As an ordinary user: install newuidmap (Debian package uidmap) and add a range for yourself to /etc/subuid and /etc/subgid.',
      })
}

import { attempt, read } from './files.ts'

const WRITABLE_IN_CONTAINER =
  'Start the surrounding container with a writable cgroup: `docker run --security-opt writable-cgroups=true` (Docker 28), ' +
  '`podman run --security-opt unmask=/sys/fs/cgroup`, or `--privileged`.'

const NAME_TAKEN = 'Give every run a name of its own, from `runName()`.'

/** What lets this process make cgroups on v1, by the errno of mkdir. */
export function cureV1(errno: string): string {
  if (errno === 'EEXIST') return NAME_TAKEN
  if (errno === 'EROFS')
    return 'Start the surrounding container with `--privileged`: cgroup v1 is writable in no other.'
  return 'Run as root: cgroup v1 cannot be delegated to ordinary users. Or boot with `systemd.unified_cgroup_hierarchy=1`, for cgroup v2.'
}

/** What lets this process make cgroups on v2, by the errno of what failed. */
export function cureV2(errno: string): string {
  if (errno === 'EEXIST') return NAME_TAKEN
  return errno === 'EROFS' ? WRITABLE_IN_CONTAINER : cureByDelegation()
}

/** A command that starts this program alone in a cgroup of its own; see "Delegation" in systemd's CGROUP_DELEGATION.md. */
export function cureByDelegation(): string {
  const manager = process.geteuid?.() === 0 ? '' : '--user '
  const command = ['node', ...process.execArgv, ...process.argv.slice(1)].join(' ')
  return `Start it alone in a delegated cgroup: \`systemd-run ${manager}--scope -p Delegate=yes ${command}\`.`
}

/** What makes room where others live in our cgroup, as in a container: its processes must be in a leaf, see cgroups(7). */
export function cureByLeaf(directory: string): string {
  const leaf = `${directory}/main`
  return `${cureByDelegation()} Or move all of them into a leaf first: \`mkdir ${leaf}; xargs -rn1 <${directory}/cgroup.procs >${leaf}/cgroup.procs\`.`
}

/** What makes the kernel offer a memory controller, where it has been switched off; undefined where it is not. */
export function cureDisabledMemory(): string | undefined {
  // Columns: name, hierarchy, number of cgroups, enabled (cgroups(7)). Kernels since 6.14 list v1's controllers only.
  const disabled = /^memory\t\d+\t\d+\t0$/m.test(attempt(() => read('/proc/cgroups')) ?? '')
  return disabled ? 'Boot with `cgroup_enable=memory cgroup_memory=1` on the kernel command line.' : undefined
}

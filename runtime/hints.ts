import { getSystemErrorName } from 'node:util'
import { MydockerError, NOTHING_LEFT } from './errors.ts'

/** One sentence of cure for a stage of native/*.c and an errno; `*` is any errno. What is absent needs no cure but the message. */
const HINTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'user namespace': {
    EPERM:
      'User namespaces are forbidden here: sysctl kernel.unprivileged_userns_clone=1 (Debian), or in Docker run with --security-opt seccomp=unconfined --security-opt apparmor=unconfined. `mydocker doctor` tells which.',
    ENOSPC: 'No user namespace is left: raise sysctl user.max_user_namespaces (0 forbids them).',
    EUSERS: 'User namespaces are nested too deeply (at most 32).',
    EINVAL: 'This kernel lacks user namespaces (CONFIG_USER_NS).',
    EACCES: 'A security module forbids user namespaces; `mydocker doctor` tells which.',
  },
  'id map': {
    EPERM:
      'The user namespace has no power over its ids. On Ubuntu 23.10 and later: sysctl kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile with `userns,` for node.',
    EACCES:
      'On Ubuntu 23.10 and later: sysctl kernel.apparmor_restrict_unprivileged_userns=0, on the host, not in a container.',
    '*': 'Check the ranges of this user in /etc/subuid and /etc/subgid (see subuid(5)).',
  },
  'mount namespace': {
    EPERM:
      'Mounting is forbidden here. In Docker: --security-opt seccomp=unconfined --security-opt apparmor=unconfined; on Ubuntu: sysctl kernel.apparmor_restrict_unprivileged_userns=0.',
    EACCES: 'AppArmor forbids mounting. In Docker: --security-opt apparmor=unconfined.',
    ENOSPC: 'No mount is left: raise sysctl fs.mount-max, or user.max_mnt_namespaces.',
  },
  proc: {
    EPERM:
      'The /proc outside is partly covered, and a fresh one would uncover it. In Docker: --security-opt systempaths=unconfined; in podman: --security-opt unmask=ALL.',
  },
  sysfs: {
    EPERM:
      'The /sys outside is partly covered, and a fresh one would uncover it. In Docker: --security-opt systempaths=unconfined.',
  },
  overlay: {
    EPERM: 'Overlay mounts in a user namespace need Linux 5.11.',
    EINVAL: 'This file system cannot be the lower layer of an overlay, or has a mount below it.',
    ELOOP: 'Overlay directories may not overlap.',
    ENODEV: 'The overlay module is not loaded: modprobe overlay.',
    ENOSPC: 'No mount is left: raise sysctl fs.mount-max.',
    ENAMETOOLONG: 'The path is too long for an overlay mount option.',
  },
  layer: { ENOSPC: 'No mount is left: raise sysctl fs.mount-max.' },
  bind: { ENOENT: 'The source of the volume does not exist.', ENOSPC: 'No mount is left: raise sysctl fs.mount-max.' },
  'mount point': { ELOOP: 'A mount path must not lead through a symbolic link: name the path that it points to.' },
  tmpfs: { ENOSPC: 'No mount is left: raise sysctl fs.mount-max.' },
  loopback: {
    EPERM:
      'The network namespace has no power over its devices: on Ubuntu 23.10 and later sysctl kernel.apparmor_restrict_unprivileged_userns=0.',
  },
  bridge: {
    ENOTSUP: 'This kernel lacks bridges or veth: modprobe bridge veth (CONFIG_BRIDGE, CONFIG_VETH).',
    EPERM: 'The network namespace has no power over its devices; `mydocker doctor` tells why.',
  },
  'network conditions': {
    ENOENT: 'This kernel lacks netem: modprobe sch_netem (CONFIG_NET_SCH_NETEM).',
  },
  'host port': {
    EADDRNOTAVAIL: 'The container has no IPv6 loopback: let the server listen on 127.0.0.1.',
    EACCES: 'Only root may listen on ports below 1024.',
  },
  cgroup: {
    EACCES: 'The cgroup is not delegated to this user: systemd-run --user --scope -p Delegate=yes …',
    EPERM: 'The cgroup is not delegated to this user: systemd-run --user --scope -p Delegate=yes …',
  },
  socketpair: { EMFILE: NOTHING_LEFT, ENFILE: NOTHING_LEFT },
  join: { ENOMEM: 'The memory limit has no room for the page tables of a Node process: raise `limits.memory`.' },
  'working directory': {
    ENOENT: 'The directory must exist inside the container.',
    EACCES: "The user of the container may not enter it: set workingDir: '/', or another user.",
  },
  supervisor: {
    EAGAIN: 'No process can be started: raise the limit of processes (ulimit -u, or pids.max of the enclosing cgroup).',
  },
  seccomp: {
    EBUSY:
      "A seccomp filter whose denied calls are reported is in force here already, and there can be only one. Inside, use securityContext: { seccompProfile: { type: 'Unconfined' } }.",
    '*': "Filters with user notification need Linux 5.0 with CONFIG_SECCOMP_FILTER. Without one: securityContext: { seccompProfile: { type: 'Unconfined' } }, or mydocker run --security-opt seccomp=unconfined.",
  },
  command: {
    ENOENT: 'The program must exist inside the container, at an absolute path or on PATH.',
    EACCES: 'The program must be executable for the user of the container.',
  },
  user: { EINVAL: 'The uid or gid has no counterpart outside: add ranges to /etc/subuid and /etc/subgid.' },
}

/** The error that a record `error` of native/record.h stands for. */
export function nativeError(stage: string, code: number, path: string, message: string): MydockerError {
  const errno = code === 0 ? undefined : getSystemErrorName(-code)
  const cures = HINTS[stage]
  return new MydockerError({
    stage,
    message,
    errno,
    path: path === '' ? undefined : path.replace(/^\/(old|new)(?=\/)/, ''),
    hint: (errno === undefined ? undefined : cures?.[errno]) ?? cures?.['*'],
  })
}

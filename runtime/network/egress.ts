import { accessSync, constants, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { MydockerError } from '../errors.ts'
import { hasPowerOverHost } from '../identity.ts'
import type { Step } from '../plan.ts'

/** What a container sees of its way out; the numbers are those of slirp4netns, which knows no others. */
const INTERFACE = 'egress0'
const ADDRESS = '10.0.2.100'
const NETMASK = '255.255.255.0'
const GATEWAY = '10.0.2.2'
const NAME_SERVER = '10.0.2.3'
const TUN = '/dev/net/tun'

/** Stands for the pid of the container's PID 1 (native/egress.h). */
const PID = 'PID'

/**
 * By preference. The loopback of this machine is out of reach with either: `hostPorts` is the door to that. Both close themselves in
 * before they carry the first packet: pasta always does.
 */
const PROGRAMS: readonly { readonly name: string; readonly args: () => readonly string[] }[] = [
  {
    name: 'pasta',
    args: () => [
      ...['--foreground', '--quiet', '--ipv4-only', '--config-net', '--no-map-gw'],
      ...['--ns-ifname', INTERFACE, '--address', ADDRESS, '--netmask', NETMASK, '--gateway', GATEWAY],
      ...['--dns-forward', NAME_SERVER],
      ...['tcp-ports', 'udp-ports', 'tcp-ns', 'udp-ns'].flatMap((name) => [`--${name}`, 'none']),
      // As nobody, which root is taken for otherwise, it could not enter what root has made.
      ...(hasPowerOverHost() ? ['--runas', '0:0'] : []),
      PID,
    ],
  },
  {
    name: 'slirp4netns',
    args: () => [
      ...['--enable-sandbox', '--enable-seccomp', '--disable-host-loopback', '--configure', '--mtu=65520'],
      ...[PID, INTERFACE],
    ],
  },
]

/**
 * What the plan of a container says of its way out.
 * @throws MydockerError stage `egress`: there is no program for it, or it could not work here
 */
export function egressSteps(): Step[] {
  const found = PROGRAMS.flatMap(({ name, args }) => {
    const program = findProgram(name)
    return program === undefined ? [] : [[program, ...args()]]
  })[0]
  if (found === undefined)
    throw new MydockerError({
      stage: 'egress',
      message: 'neither pasta nor slirp4netns is installed',
      hint: 'Debian, Ubuntu: apt-get install passt (or slirp4netns); or leave egress out.',
    })
  if (!isAllowed(TUN, constants.R_OK | constants.W_OK))
    throw new MydockerError({
      stage: 'egress',
      message: 'this user may not make network devices',
      path: TUN,
      hint: 'As root: modprobe tun; chmod 0666 /dev/net/tun. In Docker: --device /dev/net/tun.',
    })
  return [['egress', ...found]]
}

/** resolv.conf(5) of a container with a way out: the helper asks whom this machine asks. */
export function resolverConfiguration(): string {
  const kept = read('/etc/resolv.conf')
    .split('\n')
    .filter((line) => /^(?:search|domain|options)\s/.test(line))
  return [`nameserver ${NAME_SERVER}`, ...kept, ''].join('\n')
}

function findProgram(name: string): string | undefined {
  const directories = (process.env.PATH ?? '').split(delimiter).filter((directory) => directory.startsWith('/'))
  return directories.map((directory) => join(directory, name)).find((file) => isAllowed(file, constants.X_OK))
}

function isAllowed(file: string, mode: number): boolean {
  try {
    accessSync(file, mode)
    return true
  } catch {
    return false
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

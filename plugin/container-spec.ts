import { dirname, isAbsolute, join, resolve } from 'node:path'
import { packageDirectory } from '../runtime/package.ts'
import { RUNTIME_DEFAULT } from '../runtime/seccomp/runtime-default.ts'
import type { ContainerSpec, HostPort, VolumeMount } from '../runtime/spec.ts'
import { podEnvironment, programEnvironment } from './environment.ts'
import type { PodSpec } from './pod-spec.ts'
import { isProfiling } from './profile.ts'
import type { ServiceSpec } from './service-spec.ts'

/** The program of a worker that is started cold. */
export const workerEntry: string = join(packageDirectory, 'dist/plugin/worker/entry.js')

/** What a container of a test file needs besides the file's PodSpec. */
export interface Surroundings {
  /** Unique name of the container. */
  readonly name: string
  /** Node's arguments for workers of this project, and the environment that Vitest gives them. */
  readonly execArgv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Names of the variables in `test.env`. */
  readonly configuredEnv: ReadonlySet<string>
  /** Directories that must be seen although a private one (/tmp) covers them. */
  readonly visible: readonly string[]
  /** Directories that the main process writes to while containers run. */
  readonly shared: readonly string[]
  /** What the suite's own servers in the main process listen on. */
  readonly suitePorts: readonly HostPort[]
}

/** Turns what was asked for a test file into what the engine builds. Nothing is decided below this. */
export function containerSpec(pod: PodSpec, around: Surroundings): ContainerSpec {
  const { mode: network, egress, conditions } = pod.network
  return {
    name: around.name,
    hostname: pod.hostname,
    command: [process.execPath, ...around.execArgv, workerEntry],
    env: podEnvironment(around.env, pod.env, around.configuredEnv),
    workingDir: pod.workingDir ?? process.cwd(),
    user: { uid: pod.user?.uid ?? process.getuid?.() ?? 0, gid: pod.user?.gid ?? process.getgid?.() ?? 0 },
    dropCapabilities: pod.dropCapabilities,
    seccomp: pod.seccomp === 'Unconfined' ? undefined : RUNTIME_DEFAULT,
    ephemeralStorage: pod.ephemeralStorage,
    volumes: [...sharedVolumes(around.shared), ...pod.volumes],
    visible: outermost([...around.visible, dirname(process.execPath)]),
    network,
    egress,
    conditions,
    // With the host's network they are reached without help.
    hostPorts: network === 'host' ? [] : merge([...pod.network.hostPorts.map(anyFamily), ...around.suitePorts]),
    limits: { ...pod.limits, cpuRequest: pod.requests.cpu },
    oomScoreAdjust: pod.oomScoreAdjust,
    evict: true,
    stdio: 'pipe',
    channel: true,
    timings: isProfiling(),
    ...(pod.services.length === 0 ? {} : { share: true }),
  }
}

/** The container of a service, beside a pod's or (to make its template) alone. */
export function serviceContainerSpec(
  service: ServiceSpec,
  pod: PodSpec,
  around: Pick<Surroundings, 'name' | 'visible'>,
): ContainerSpec {
  return {
    name: around.name,
    hostname: service.name,
    command: service.command,
    env: programEnvironment(process.env, service.env),
    workingDir: service.workingDir,
    user: serviceUser(service),
    dropCapabilities: pod.dropCapabilities,
    seccomp: pod.seccomp === 'Unconfined' ? undefined : RUNTIME_DEFAULT,
    ephemeralStorage: service.ephemeralStorage,
    volumes: service.volumes,
    visible: outermost([...around.visible, dirname(process.execPath)]),
    network: pod.network.mode,
    hostPorts: [],
    limits: service.limits,
    stdio: 'pipe',
    channel: false,
    share: true,
  }
}

/** `nobody`, who is there on every system. */
const NOBODY = 65534

export function serviceUser({ user }: ServiceSpec): ContainerSpec['user'] {
  const uid = user.uid ?? process.getuid?.() ?? 0
  const gid = user.gid ?? process.getgid?.() ?? 0
  return user.nonRoot && uid === 0 ? { uid: NOBODY, gid: gid === 0 ? NOBODY : gid } : { uid, gid }
}

/**
 * Bind mounts and not lower layers: a name that an overlay was asked for before the host had it stays missing there.
 */
function sharedVolumes(directories: readonly string[]): VolumeMount[] {
  return [...new Set(directories)].map((directory) => ({ mountPath: directory, hostPath: directory, readOnly: true }))
}

/** Without those that another one contains. */
function outermost(directories: readonly string[]): string[] {
  const sorted = [...new Set(directories.filter(isAbsolute).map((directory) => resolve(directory)))].sort()
  const kept: string[] = []
  for (const directory of sorted) {
    const inside = kept.some(
      (outer) => directory === outer || directory.startsWith(outer === '/' ? outer : `${outer}/`),
    )
    if (!inside) kept.push(directory)
  }
  return kept
}

/** The user names a port; `localhost` may mean either family to the client. */
function anyFamily(port: number): HostPort {
  return { port, families: ['IPv4', 'IPv6'] }
}

function merge(ports: readonly HostPort[]): HostPort[] {
  const families = new Map<number, Set<HostPort['families'][number]>>()
  for (const port of ports) {
    families.set(port.port, new Set([...(families.get(port.port) ?? []), ...port.families]))
  }
  return [...families].map(([port, known]) => ({ port, families: [...known] }))
}

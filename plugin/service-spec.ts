import { resolve } from 'node:path'
import type { ResourceLimits, VolumeMount } from '../runtime/spec.ts'
import type { Bytes, Millicores, Milliseconds } from '../runtime/units.ts'
import type { ParsedService } from './option-services.ts'
import type { HttpGetAction } from './service-options.ts'
import { volumeMount } from './volume-mount.ts'

export type Command = readonly [string, ...string[]]

/** Everything that was asked for one service of a test file, with the defaults filled in. */
export interface ServiceSpec {
  readonly name: string
  readonly command: Command
  readonly env: Readonly<Record<string, string>>
  /** Absolute. */
  readonly workingDir: string
  readonly limits: ResourceLimits & { readonly memory: Bytes; readonly pids: number }
  readonly requests: { readonly memory: Bytes; readonly cpu?: Millicores | undefined }
  readonly ephemeralStorage: Bytes
  /** Of the pod's or of its own; absent: that of Vitest. Root is not meant where `nonRoot` says so. */
  readonly user: { readonly uid?: number | undefined; readonly gid?: number | undefined; readonly nonRoot: boolean }
  readonly volumes: readonly VolumeMount[]
  readonly template?: { readonly mountPath: string; readonly command: Command } | undefined
  readonly probe?: Probe | undefined
  readonly restartPolicy: 'Always' | 'OnFailure' | 'Never'
  readonly postStart?: Command | undefined
  readonly preStop?: Command | undefined
  readonly gracePeriod: Milliseconds
}

export interface Probe {
  readonly action:
    | { readonly kind: 'exec'; readonly command: Command }
    | { readonly kind: 'tcpSocket'; readonly port: number; readonly host?: string | undefined }
    | ({ readonly kind: 'httpGet' } & Readonly<HttpGetAction>)
  readonly initialDelay: Milliseconds
  readonly period: Milliseconds
  readonly timeout: Milliseconds
  readonly successThreshold: number
  /** From the first attempt to the last. */
  readonly bound: Milliseconds
}

/** What services take from their pod. */
export interface ServiceSurroundings {
  /** The limit of the test file. */
  readonly memory: Bytes
  readonly uid?: number | undefined
  readonly gid?: number | undefined
  readonly projectRoot: string
}

/** A small server; Kubernetes schedules by what is requested. */
const DEFAULT_MEMORY_REQUEST: Bytes = 64 * 2 ** 20
/** As of a test file. */
const DEFAULT_PIDS = 512
const DEFAULT_EPHEMERAL_STORAGE: Bytes = 2 * 2 ** 30
/** Servers that end at SIGTERM do so in tens of milliseconds; what they would write is thrown away. */
const DEFAULT_GRACE_SECONDS = 2
/** Kubernetes' 10 s would be what most test files take altogether. */
const DEFAULT_PERIOD_SECONDS = 0.05
const DEFAULT_TIMEOUT_SECONDS = 1
const DEFAULT_BOUND_SECONDS = 60
const MILLISECONDS = 1000

export function resolveService(service: ParsedService, around: ServiceSurroundings): ServiceSpec {
  const {
    resources: { requests = {}, limits = {} } = {},
    securityContext = {},
    template,
    readinessProbe,
    lifecycle,
  } = service
  const memory = limits.memory ?? Math.max(around.memory, requests.memory ?? 0)
  return {
    name: service.name,
    command: command([...service.command, ...(service.args ?? [])]),
    env: service.env?.set ?? {},
    workingDir: resolve(around.projectRoot, service.workingDir ?? '.'),
    limits: { memory, cpu: limits.cpu, pids: limits.pids ?? DEFAULT_PIDS },
    requests: { memory: requests.memory ?? Math.min(DEFAULT_MEMORY_REQUEST, memory), cpu: requests.cpu },
    ephemeralStorage: limits['ephemeral-storage'] ?? DEFAULT_EPHEMERAL_STORAGE,
    user: {
      uid: securityContext.runAsUser ?? around.uid,
      gid: securityContext.runAsGroup ?? around.gid,
      nonRoot: securityContext.runAsNonRoot ?? false,
    },
    volumes: (service.volumes ?? []).map((volume) => volumeMount(volume, around)),
    template: template && { mountPath: template.mountPath, command: command(template.command) },
    probe: readinessProbe && resolveProbe(readinessProbe),
    restartPolicy: service.restartPolicy ?? 'Always',
    postStart: lifecycle?.postStart && command(lifecycle.postStart.exec.command),
    preStop: lifecycle?.preStop && command(lifecycle.preStop.exec.command),
    gracePeriod: (service.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS) * MILLISECONDS,
  }
}

/** Kubernetes reserves for a pod what all of its containers request. */
export function requestsOfPod(
  own: ServiceSpec['requests'],
  services: readonly Pick<ServiceSpec, 'requests'>[],
): ServiceSpec['requests'] {
  const all = [own, ...services.map(({ requests }) => requests)]
  const cpus = all.flatMap(({ cpu }) => cpu ?? [])
  return {
    memory: all.reduce((sum, { memory }) => sum + memory, 0),
    cpu: cpus.length === 0 ? undefined : cpus.reduce((sum, cpu) => sum + cpu, 0),
  }
}

function resolveProbe(probe: NonNullable<ParsedService['readinessProbe']>): Probe {
  const {
    initialDelaySeconds = 0,
    periodSeconds = DEFAULT_PERIOD_SECONDS,
    timeoutSeconds = DEFAULT_TIMEOUT_SECONDS,
  } = probe
  const bound = probe.failureThreshold === undefined ? DEFAULT_BOUND_SECONDS : probe.failureThreshold * periodSeconds
  return {
    action: actionOf(probe),
    initialDelay: initialDelaySeconds * MILLISECONDS,
    period: periodSeconds * MILLISECONDS,
    timeout: timeoutSeconds * MILLISECONDS,
    successThreshold: probe.successThreshold ?? 1,
    bound: bound * MILLISECONDS,
  }
}

function actionOf({ exec, tcpSocket, httpGet }: NonNullable<ParsedService['readinessProbe']>): Probe['action'] {
  if (exec !== undefined) return { kind: 'exec', command: command(exec.command) }
  if (tcpSocket !== undefined) return { kind: 'tcpSocket', ...tcpSocket }
  if (httpGet !== undefined) return { kind: 'httpGet', ...httpGet }
  throw new TypeError('a probe without an action')
}

function command([program = '', ...args]: readonly string[]): Command {
  return [program, ...args]
}

import { createHash } from 'node:crypto'
import { basename, extname, resolve } from 'node:path'
import { MydockerError } from '../runtime/errors.ts'
import { formatBytes, formatCpu } from '../runtime/quantity.ts'
import type { NetworkConditions, ResourceLimits, VolumeMount } from '../runtime/spec.ts'
import type { QosClass } from '../runtime/status/types.ts'
import type { Bytes, Millicores } from '../runtime/units.ts'
import type { Clock } from './messages.ts'
import { MOST_HOSTNAME, toHostname } from './option-hostname.ts'
import type { NetworkMode } from './option-network.ts'
import { isIncluded, type ParsedOptions, type PodOptionsPatch, relativePath, type TestFile } from './options.ts'
import type { FlakyOptions } from './pod-options.ts'
import { oomScoreAdjust, qosClass } from './qos.ts'
import { requestsOfPod, resolveService, type ServiceSpec } from './service-spec.ts'
import { SIZE_PRESETS, type TestSize } from './test-sizes.ts'
import { refuseUnschedulable } from './unschedulable.ts'
import { volumeMount } from './volume-mount.ts'

/** Everything that was asked for one test file, with the defaults filled in. */
export interface PodSpec {
  /** Absolute path of the test file. */
  readonly file: string
  readonly start: 'zygote' | 'exec' | 'auto'
  /** Modules that a zygote loads ahead. */
  readonly warm: readonly string[]
  /** Of Math.random. */
  readonly seed?: number | undefined
  /** Absent: the machine's. No option: only sweeps vary it. */
  readonly clock?: Clock | undefined
  readonly hostname: string
  readonly env: { readonly clean: boolean; readonly set: Readonly<Record<string, string>> }
  /** Absolute. Without it, the directory that Vitest was started in. */
  readonly workingDir?: string | undefined
  readonly limits: ResourceLimits & { readonly memory: Bytes; readonly pids: number }
  readonly requests: { readonly memory: Bytes; readonly cpu?: Millicores | undefined }
  readonly qosClass: QosClass
  /** By its QoS class and the memory that the user has asked for (qos.ts). */
  readonly oomScoreAdjust: number
  readonly ephemeralStorage: Bytes
  /** With mode `host` there are no `hostPorts`: all are reachable. */
  readonly network: {
    readonly mode: NetworkMode
    readonly hostPorts: readonly number[]
    readonly egress: boolean
    readonly conditions?: NetworkConditions | undefined
  }
  /** With absolute host paths. */
  readonly volumes: readonly VolumeMount[]
  /** Globs relative to the project's root. */
  readonly persist: readonly string[]
  readonly restartPolicy: 'Never' | 'OnFailure'
  readonly backoffLimit: number
  /** Factor of the memory limit after an OOM kill. */
  readonly memoryBackoff?: number | undefined
  /** Absent: it is run once. */
  readonly flaky?: FlakyOptions | undefined
  readonly activeDeadlineSeconds?: number | undefined
  readonly hermetic: 'off' | 'report' | 'enforce'
  /** Where it has been named; what it sets is in the other fields. */
  readonly size?: TestSize | undefined
  readonly user?: { readonly uid?: number | undefined; readonly gid?: number | undefined } | undefined
  readonly dropCapabilities: boolean
  readonly seccomp: 'RuntimeDefault' | 'Unconfined'
  readonly strict: boolean
  /** In the order in which they are started. What they request is part of `requests`. */
  readonly services: readonly ServiceSpec[]
}

/** What speaks about a file's pod. */
export interface OptionLayers {
  /** Weakest first: options of the plugin, then the project's `test.mydocker`. Their overrides come after all of them. */
  readonly configured: readonly ParsedOptions[]
  /** Strongest of all. */
  readonly docblock?: PodOptionsPatch | undefined
}

export interface PodFile extends TestFile {
  readonly projectName: string
  /** What it is likely to need, by earlier runs (history.ts). */
  readonly expectedMemory?: Bytes | undefined
}

/** What defaults depend on. */
export interface Node {
  readonly allocatableMemory: Bytes
  readonly cores: number
  readonly maxWorkers: number
  /** Whether this is a continuous integration run, where nobody reads warnings. */
  readonly ci: boolean
}

/**
 * Merges the layers and fills in what none of them says.
 * @throws MydockerError stage `options`: layers that are sound by themselves contradict one another; stage `scheduling`: they ask for
 * more than there is
 */
export function resolvePodSpec(layers: OptionLayers, file: PodFile, node: Node): PodSpec {
  const sources = withPreset(sourcesFor(layers, file))
  const patches = sources.map(({ patch }) => patch)
  const size = last(patches, (patch) => patch.size)
  const resources = resolveResources(patches, file, node, size)
  refuseContradictions(sources, resources, file, node)
  const { runAsUser: uid, runAsGroup: gid, capabilities } = merged(patches, ({ securityContext }) => securityContext)
  const seccomp = last(patches, ({ securityContext }) => securityContext?.seccompProfile?.type)
  const workingDir = last(patches, (patch) => patch.workingDir)
  const services = (last(patches, (patch) => patch.services) ?? []).map((service) =>
    resolveService(service, { memory: resources.limits.memory, uid, gid, projectRoot: file.projectRoot }),
  )
  return {
    file: file.path,
    start: last(patches, (patch) => patch.start) ?? 'auto',
    warm: last(patches, (patch) => patch.warm) ?? [],
    seed: last(patches, (patch) => patch.seed),
    hostname: last(patches, (patch) => patch.hostname) ?? hostnameOf(file),
    env: patches.reduce(mergeEnv, { clean: false, set: {} }),
    workingDir: workingDir === undefined ? undefined : resolve(file.projectRoot, workingDir),
    ...resources,
    requests: requestsOfPod(resources.requests, services),
    services,
    network: resolveNetwork(patches, file),
    volumes: (last(patches, (patch) => patch.volumes) ?? []).map((volume) => volumeMount(volume, file)),
    persist: last(patches, (patch) => patch.persist) ?? [],
    restartPolicy: last(patches, (patch) => patch.restartPolicy) ?? 'Never',
    backoffLimit: last(patches, (patch) => patch.backoffLimit) ?? DEFAULT_BACKOFF_LIMIT,
    memoryBackoff: last(patches, (patch) => patch.memoryBackoff),
    flaky: last(patches, (patch) => patch.flaky),
    activeDeadlineSeconds: last(patches, (patch) => patch.activeDeadlineSeconds),
    hermetic: last(patches, (patch) => patch.hermetic) ?? 'off',
    size,
    user: uid === undefined && gid === undefined ? undefined : { uid, gid },
    dropCapabilities: (capabilities?.drop ?? []).length > 0,
    seccomp: seccomp ?? 'RuntimeDefault',
    strict: last(patches, (patch) => patch.strict) ?? node.ci,
  }
}

/** Of a file that has never run. Kubernetes schedules by what is requested; this is about what a Vitest worker with a small test file uses. */
const DEFAULT_MEMORY_REQUEST: Bytes = 128 * 2 ** 20
/** Three attempts, as nextest and most CI systems have it. */
const DEFAULT_BACKOFF_LIMIT = 2
/** Enough for test runners and build tools with their threads, and a fork bomb ends at once. */
const DEFAULT_PIDS = 512
/** Memory is used only as files are written, so this costs nothing; it keeps a runaway log from passing for a leak of memory. */
const DEFAULT_EPHEMERAL_STORAGE: Bytes = 2 * 2 ** 30
const MIB: Bytes = 2 ** 20
/** Of one core. */
export const MILLICORES: Millicores = 1000

type Resources = Pick<PodSpec, 'limits' | 'requests' | 'qosClass' | 'oomScoreAdjust' | 'ephemeralStorage'>

/** A default bends to what was asked for: the request to the limit, the limit to the request. */
function resolveResources(
  patches: readonly PodOptionsPatch[],
  { expectedMemory }: PodFile,
  node: Node,
  size: TestSize | undefined,
): Resources {
  const limits = merged(patches, ({ resources }) => resources?.limits)
  const requests = merged(patches, ({ resources }) => resources?.requests)
  const preset = size === undefined ? { request: DEFAULT_MEMORY_REQUEST } : SIZE_PRESETS[size].memory
  const share = preset.limit ?? Math.floor(node.allocatableMemory / node.maxWorkers / MIB) * MIB
  const most = limits.memory ?? Math.max(share, preset.request)
  const request = requests.memory ?? Math.min(expectedMemory ?? preset.request, most)
  const qos = qosClass({ requests, limits })
  return {
    limits: {
      memory: limits.memory ?? Math.max(share, request),
      swap: limits.swap,
      cpu: limits.cpu,
      pids: limits.pids ?? DEFAULT_PIDS,
    },
    requests: { memory: request, cpu: requests.cpu },
    qosClass: qos,
    oomScoreAdjust: oomScoreAdjust(qos, requests.memory ?? limits.memory ?? 0),
    ephemeralStorage: limits['ephemeral-storage'] ?? DEFAULT_EPHEMERAL_STORAGE,
  }
}

function resolveNetwork(patches: readonly PodOptionsPatch[], file: PodFile): PodSpec['network'] {
  const { mode = 'none', hostPorts = [], egress = false } = merged(patches, ({ network }) => network)
  const { delay = 0, jitter = 0, loss = 0, rate = 0 } = merged(patches, ({ network }) => network?.conditions)
  const hasConditions = delay > 0 || jitter > 0 || loss > 0 || rate > 0
  const refuse = (message: string): never => {
    throw new MydockerError({ stage: 'options', message: `${relativePath(file)}: ${message}` })
  }
  if (egress && mode !== 'bridge') refuse(`network.egress needs network.mode 'bridge', and that is '${mode}'`)
  if (hasConditions && mode === 'host')
    refuse("network.conditions needs network.mode 'none' or 'bridge': the host's own network is not changed")
  if (jitter > 0 && delay === 0) refuse('network.conditions.jitter needs a delay that it varies')
  return {
    mode,
    hostPorts: mode === 'host' ? [] : hostPorts,
    egress,
    conditions: hasConditions ? { delay, jitter, loss, rate } : undefined,
  }
}

function refuseContradictions(
  sources: readonly Source[],
  { requests, limits }: Resources,
  file: PodFile,
  node: Node,
): void {
  const origin = (option: 'requests' | 'limits', name: 'memory' | 'cpu'): string =>
    sources.findLast(({ patch }) => patch.resources?.[option]?.[name] !== undefined)?.where ?? 'default'
  const refuse = (message: string): never => {
    throw new MydockerError({ stage: 'options', message: `${relativePath(file)}: ${message}` })
  }
  const asked = `resources.requests.memory ${formatBytes(requests.memory)} (${origin('requests', 'memory')})`
  if (requests.memory > limits.memory) {
    const limit = `resources.limits.memory ${formatBytes(limits.memory)} (${origin('limits', 'memory')})`
    refuse(`${asked} is more than ${limit}; lower the request or raise the limit`)
  }
  const asOf = (what: keyof PodOptionsPatch): string =>
    sources.findLast(({ patch }) => patch[what] !== undefined)?.where ?? 'default'
  const patches = sources.map(({ patch }) => patch)
  if (
    last(patches, ({ flaky }) => flaky) !== undefined &&
    last(patches, (patch) => patch.restartPolicy) === 'OnFailure'
  )
    refuse(
      `flaky (${asOf('flaky')}) runs the file until it fails, restartPolicy OnFailure (${asOf('restartPolicy')}) until it passes; leave one of them out`,
    )
  refuseUnschedulable(
    relativePath(file),
    requests,
    { memory: node.allocatableMemory, cpu: node.cores * MILLICORES },
    (resource) => origin('requests', resource),
  )
  if (requests.cpu === undefined) return
  const askedCpu = `resources.requests.cpu ${formatCpu(requests.cpu)} (${origin('requests', 'cpu')})`
  if (limits.cpu !== undefined && requests.cpu > limits.cpu) {
    const limit = `resources.limits.cpu ${formatCpu(limits.cpu)} (${origin('limits', 'cpu')})`
    refuse(`${askedCpu} is more than ${limit}; lower the request or raise the limit`)
  }
}

interface Source {
  readonly where: string
  readonly patch: PodOptionsPatch
}

/** What applies to a file, weakest first. */
function sourcesFor({ configured, docblock }: OptionLayers, file: PodFile): Source[] {
  const name = relativePath(file)
  return [
    ...configured,
    ...configured.flatMap(({ overrides }) => overrides.filter(({ include }) => isIncluded(name, include))),
    ...(docblock === undefined ? [] : [{ where: 'docblock', patch: docblock }]),
  ]
}

/** The strongest layer that names a size gets what that size says, just below it. */
function withPreset(sources: readonly Source[]): Source[] {
  const index = sources.findLastIndex(({ patch }) => patch.size !== undefined)
  const named = sources[index]
  if (named?.patch.size === undefined) return [...sources]
  const { size } = named.patch
  const preset = { where: `size '${size}' of ${named.where}`, patch: SIZE_PRESETS[size].patch }
  return [...sources.slice(0, index), preset, ...sources.slice(index)]
}

function last<T>(patches: readonly PodOptionsPatch[], pick: (patch: PodOptionsPatch) => T | undefined): T | undefined {
  return patches.map(pick).findLast((value) => value !== undefined)
}

/** Merges records key by key; a key that is there with the value `undefined` says nothing. */
function merged<T extends object>(
  patches: readonly PodOptionsPatch[],
  pick: (patch: PodOptionsPatch) => T | undefined,
): Partial<T> {
  const result: Partial<T> = {}
  for (const record of patches.map(pick)) {
    Object.assign(result, Object.fromEntries(Object.entries(record ?? {}).filter(([, value]) => value !== undefined)))
  }
  return result
}

function mergeEnv(weaker: PodSpec['env'], { env }: PodOptionsPatch): PodSpec['env'] {
  if (env === undefined) return weaker
  return env.clean ? env : { clean: weaker.clean, set: { ...weaker.set, ...env.set } }
}

/** Hexadecimal digits of a hash that tell files of equal names apart: 24 bits are enough for the files of one suite. */
const HASH_DIGITS = 6

/** `src/cart/total.test.ts` → `total-test-3f09ab`: the same in every run, and another for a file of that name elsewhere. */
export function hostnameOf(file: PodFile): string {
  const name = relativePath(file)
  const hash = createHash('sha256').update(`${file.projectName}\0${name}`).digest('hex').slice(0, HASH_DIGITS)
  const label = toHostname(basename(name, extname(name))).slice(0, MOST_HOSTNAME - HASH_DIGITS - 1)
  return toHostname(`${label}-${hash}`)
}

import { isAbsolute, normalize } from 'node:path'
import * as v from 'valibot'
import { formatBytes, formatCpu } from '../runtime/quantity.ts'
import { show } from '../runtime/show.ts'
import type { Bytes, Millicores } from '../runtime/units.ts'
import { atLeast, count, cpu, flag, isRecord, known, listOf, memory, oneOf, text, whole } from './option-values.ts'

/**
 * Least memory limit. A Vitest worker with a one-line test file has 59 MiB (Node 20.20) to 69 MiB (Node 24.21) resident:
 * 18 to 22 MiB of its own and the program text of Node, which is charged to the pod if the pod reads it first. Below
 * 64 MiB the kernel evicts that text while it runs, so the worker crawls or is killed before the first test.
 */
export const LEAST_MEMORY: Bytes = 64 * 2 ** 20

/** Least pids limit. Node starts 11 threads; with 7 to 10 it aborts in pthread_create, with fewer it hangs (Node 20.20). */
export const LEAST_PIDS = 16

/** Least CPU limit: the kernel takes no quota under 1 ms (`min_cfs_quota_period`), and a period is 100 ms. */
export const LEAST_CPU: Millicores = 10

/** setTimeout takes a signed 32-bit number of milliseconds. */
const MOST_SECONDS = Math.floor((2 ** 31 - 1) / 1000)
/** Ids are 32 bits wide, and the highest means "unchanged" to setuid(2). */
const MOST_ID = 2 ** 32 - 2
const MOST_PORT = 65535
/** RFC 1123 label, as Kubernetes asks of a pod's hostname; within the 64 bytes of uts_namespaces(7). */
export const MOST_HOSTNAME = 63

const requests = known({ memory: v.optional(memory), cpu: v.optional(cpu) }, "{ memory: '128Mi', cpu: '500m' }")

const limits = known(
  {
    memory: v.optional(atLeast(memory, LEAST_MEMORY, formatBytes, 'which Node with Vitest needs to start')),
    cpu: v.optional(atLeast(cpu, LEAST_CPU, formatCpu, 'the least that the kernel can enforce')),
    pids: v.optional(atLeast(count, LEAST_PIDS, String, 'which Node needs for its own threads')),
    'ephemeral-storage': v.optional(memory),
  },
  "{ memory: '256Mi', cpu: 2, pids: 512, 'ephemeral-storage': '2Gi' }",
)

const resources = v.pipe(
  known({ requests: v.optional(requests), limits: v.optional(limits) }, "{ limits: { memory: '256Mi' } }"),
  v.check(
    (given) => (given.requests?.memory ?? 0) <= (given.limits?.memory ?? Number.POSITIVE_INFINITY),
    'requests more memory than limits allow; a request is at most the limit',
  ),
  v.check(
    (given) => (given.requests?.cpu ?? 0) <= (given.limits?.cpu ?? Number.POSITIVE_INFINITY),
    'requests more cpu than limits allow; a request is at most the limit',
  ),
)

const networkMode = oneOf('none', 'host')

const hostPorts = listOf(whole('a port', 1, MOST_PORT), '[5432]')

const networkObject = v.pipe(
  known({ mode: v.optional(networkMode), hostPorts: v.optional(hostPorts) }, "{ mode: 'none', hostPorts: [5432] }"),
  v.check(
    ({ mode, hostPorts: ports = [] }) => mode !== 'host' || ports.length === 0,
    "with mode 'host' every port of the host is reachable; leave hostPorts out, or use mode 'none'",
  ),
)

/** The short form sets the whole of it: `network: 'none'` takes back ports that a weaker layer had given. */
const network = v.lazy(
  (input): v.GenericSchema<NetworkInput, NetworkPatch> =>
    isRecord(input)
      ? networkObject
      : v.pipe(
          networkMode,
          v.transform((mode) => ({ mode, hostPorts: [] })),
        ),
)

type NetworkInput = 'none' | 'host' | v.InferInput<typeof networkObject>

export interface NetworkPatch {
  readonly mode?: 'none' | 'host' | undefined
  readonly hostPorts?: readonly number[] | undefined
}

const envName = v.custom<string>(
  (input) => typeof input === 'string' && input !== '' && !/[=\0]/.test(input),
  (issue) => `${show(issue.input)} cannot name an environment variable (empty, or with = or NUL in it)`,
)

const envValue = v.custom<string>(
  (input) => typeof input === 'string' && !input.includes('\0'),
  (issue) =>
    typeof issue.input === 'number' || typeof issue.input === 'boolean'
      ? `${issue.input} is not a string; quote it: '${issue.input}'`
      : `${show(issue.input)} is not a string without NUL`,
)

const envRecord = v.pipe(
  v.custom<Record<string, string>>(
    isRecord,
    (issue) => `${show(issue.input)} is not 'clean' or an object such as { TZ: 'UTC' }`,
  ),
  v.record(envName, envValue),
  v.transform((set): EnvPatch => ({ clean: false, set })),
)

const envClean = v.pipe(
  v.literal('clean'),
  v.transform((): EnvPatch => ({ clean: true, set: {} })),
)

const env = v.lazy(
  (input): v.GenericSchema<'clean' | Record<string, string>, EnvPatch> => (input === 'clean' ? envClean : envRecord),
)

/** `clean` forgets the host's environment and what weaker layers have set; otherwise `set` is added to it. */
export interface EnvPatch {
  readonly clean: boolean
  readonly set: Readonly<Record<string, string>>
}

const hostname = v.custom<string>(
  (input) => typeof input === 'string' && input === toHostname(input),
  (issue) => {
    const label = toHostname(String(issue.input)) || 'db'
    return `${show(issue.input)} is not a host name: 1 to ${MOST_HOSTNAME} of a-z, 0-9 and -, not first or last; write ${show(label)}`
  },
)

/** The nearest RFC 1123 label; empty if no letter or digit is left. */
export function toHostname(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, MOST_HOSTNAME)
    .replace(/-+$/, '')
}

const id = whole('a user or group id', 0, MOST_ID)

const securityContext = known(
  {
    runAsUser: v.optional(id),
    runAsGroup: v.optional(id),
    capabilities: v.optional(known({ drop: v.optional(listOf(oneOf('ALL'), "['ALL']")) }, "{ drop: ['ALL'] }")),
  },
  '{ runAsUser: 1000, runAsGroup: 1000 }',
)

/** What a pod has of its own at these places cannot be covered by a volume. */
const OWN_PATHS = /^\/(?:dev|proc(?:\/.*)?|sys(?:\/.*)?)?$/

const mountPath = v.pipe(
  v.custom<string>(
    (input) => typeof input === 'string' && isAbsolute(input),
    (issue) => `${show(issue.input)} is not an absolute path of the container; write '/data'`,
  ),
  v.transform((path) => normalize(path).replace(/(?<=.)\/+$/, '')),
  v.check(
    (path) => !OWN_PATHS.test(path),
    (issue) => `${show(issue.input)} is the container's own; choose another place, such as '/data'`,
  ),
)

const hostPath = v.pipe(
  text('a path of the host', './fixtures'),
  v.check(
    (path) => !path.startsWith('~'),
    (issue) => `${show(issue.input)} is not expanded; use os.homedir()`,
  ),
)

const volume = v.pipe(
  known(
    {
      mountPath,
      hostPath: v.optional(hostPath),
      emptyDir: v.optional(known({}, '{}')),
      readOnly: v.optional(flag),
    },
    "{ mountPath: '/data', hostPath: './fixtures' }",
  ),
  v.check(
    (given) => given.hostPath === undefined || given.emptyDir === undefined,
    'has hostPath and emptyDir; a volume is one or the other',
  ),
  v.check(
    (given) => given.hostPath !== undefined || given.emptyDir !== undefined,
    "has no source; give hostPath: './fixtures', or emptyDir: {} for an empty directory",
  ),
  v.check(
    (given) => given.emptyDir === undefined || given.readOnly !== true,
    'is an empty directory that nobody may write to; leave readOnly out',
  ),
)

const volumes = v.pipe(
  listOf(volume, "[{ mountPath: '/data', hostPath: './fixtures' }]"),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const paths = dataset.value.map((given) => given.mountPath)
    for (const [index, path] of paths.entries()) {
      const first = paths.indexOf(path)
      if (first === index) continue
      addIssue({
        message: `${show(path)} is the mountPath of volumes[${first}] too`,
        path: [{ type: 'array', origin: 'value', input: dataset.value, key: index, value: dataset.value[index] }],
      })
    }
  }),
)

/** A glob that is resolved against the project's root and cannot lead out of it. */
function projectGlob(outside: string): v.GenericSchema<string> {
  return v.pipe(
    text('a glob', 'test/e2e/**'),
    v.check(
      (glob) => !isAbsolute(glob) && !normalize(glob).startsWith('..'),
      (issue) => `${show(issue.input)} leaves the project; globs are relative to its root${outside}`,
    ),
  )
}

const persist = listOf(projectGlob('; for other places use volumes with a hostPath'), "['test-results/**']")

/** What one layer may say about a file's pod: plugin options, a project, an override, a docblock. */
const podEntries = {
  image: v.optional(oneOf('host')),
  start: v.optional(oneOf('exec', 'auto')),
  resources: v.optional(resources),
  network: v.optional(network),
  hostname: v.optional(hostname),
  env: v.optional(env),
  workingDir: v.optional(text('a path', './packages/app')),
  securityContext: v.optional(securityContext),
  volumes: v.optional(volumes),
  persist: v.optional(persist),
  activeDeadlineSeconds: v.optional(whole('a number of seconds', 1, MOST_SECONDS)),
  strict: v.optional(flag),
}

const EXAMPLE = "{ resources: { limits: { memory: '256Mi' } } }"

export const patchSchema = known(podEntries, EXAMPLE)

const include = v.pipe(
  listOf(projectGlob(''), "['test/e2e/**']"),
  v.minLength(1, "is empty; give at least one glob: ['test/e2e/**']"),
)

const override = known({ ...podEntries, include }, "{ include: ['test/e2e/**'], network: 'host' }")

export const optionsSchema = known(
  {
    ...podEntries,
    overrides: v.optional(listOf(override, "[{ include: ['test/e2e/**'], network: 'host' }]")),
    report: v.optional(known({ summary: v.optional(flag) }, '{ summary: false }')),
  },
  EXAMPLE,
)

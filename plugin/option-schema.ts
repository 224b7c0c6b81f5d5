import { isAbsolute, normalize } from 'node:path'
import * as v from 'valibot'
import { show } from '../runtime/show.ts'
import { network } from './option-network.ts'
import { resources } from './option-resources.ts'
import { flag, isRecord, known, listOf, oneOf, text, whole } from './option-values.ts'
import { volumes } from './option-volumes.ts'

/** setTimeout takes a signed 32-bit number of milliseconds. */
const MOST_SECONDS = Math.floor((2 ** 31 - 1) / 1000)
/** Ids are 32 bits wide, and the highest means "unchanged" to setuid(2). */
const MOST_ID = 2 ** 32 - 2
/** RFC 1123 label, as Kubernetes asks of a pod's hostname; within the 64 bytes of uts_namespaces(7). */
export const MOST_HOSTNAME = 63

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
  (input) => typeof input === 'string' && input !== '' && input === toHostname(input),
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
    seccompProfile: v.optional(
      known({ type: v.optional(oneOf('RuntimeDefault', 'Unconfined')) }, "{ type: 'Unconfined' }"),
    ),
    capabilities: v.optional(known({ drop: v.optional(listOf(oneOf('ALL'), "['ALL']")) }, "{ drop: ['ALL'] }")),
  },
  '{ runAsUser: 1000, runAsGroup: 1000 }',
)

/** A glob that is resolved against the project's root and cannot lead out of it. */
function projectGlob(outside: string): v.GenericSchema<string> {
  return v.pipe(
    text('a glob', 'test/e2e/**'),
    v.check(
      (glob) => !isAbsolute(glob) && !/^\.\.(?:\/|$)/.test(normalize(glob)),
      (issue) => `${show(issue.input)} leaves the project; globs are relative to its root${outside}`,
    ),
    // In a list of which one must match it would match nearly everything.
    v.check(
      (glob) => !/^!(?!\()/.test(glob),
      (issue) =>
        `${show(issue.input)} takes nothing away from the other globs; write narrower ones, or '!(a|b)' in a path`,
    ),
  )
}

const persist = listOf(projectGlob('; for other places use volumes with a hostPath'), "['test-results/**']")

/** What one layer may say about a file's pod: plugin options, a project, an override, a docblock. */
const podEntries = {
  image: v.optional(oneOf('host')),
  start: v.optional(oneOf('zygote', 'exec', 'auto')),
  warm: v.optional(listOf(text('a module', 'react-dom'), "['react-dom']")),
  seed: v.optional(whole('a seed', 0, Number.MAX_SAFE_INTEGER)),
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

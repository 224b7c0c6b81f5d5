import { isAbsolute, normalize } from 'node:path'
import * as v from 'valibot'
import { show } from '../runtime/show.ts'
import { env } from './option-env.ts'
import { hostname } from './option-hostname.ts'
import { type NetworkPatch, network } from './option-network.ts'
import { resources } from './option-resources.ts'
import { services } from './option-services.ts'
import { flag, id, known, listOf, oneOf, text, whole } from './option-values.ts'
import { volumes } from './option-volumes.ts'
import { contradiction, TEST_SIZES, type TestSize } from './test-sizes.ts'

/** setTimeout takes a signed 32-bit number of milliseconds. */
const MOST_SECONDS = Math.floor((2 ** 31 - 1) / 1000)
/** More attempts tell nothing that these did not. */
const MOST_RESTARTS = 100
/** Of one file within an ordinary run; beyond, a sweep tells more. */
const MOST_RUNS = 1000
/** Of a memory limit from one attempt to the next. */
const MOST_BACKOFF = 16

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

const memoryBackoff = v.custom<number>(
  (input) => typeof input === 'number' && input > 1 && input <= MOST_BACKOFF,
  (issue) => `${show(issue.input)} is not a factor above 1 and up to ${MOST_BACKOFF}, such as 2`,
)

const flaky = known(
  {
    runs: whole('a number of runs', 2, MOST_RUNS),
    onlyChanged: v.optional(flag),
    changedSince: v.optional(text('a revision of git', 'origin/main')),
  },
  '{ runs: 10, onlyChanged: true }',
)

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
  restartPolicy: v.optional(oneOf('Never', 'OnFailure')),
  backoffLimit: v.optional(whole('a number of restarts', 0, MOST_RESTARTS)),
  memoryBackoff: v.optional(memoryBackoff),
  flaky: v.optional(flaky),
  services: v.optional(services),
  activeDeadlineSeconds: v.optional(whole('a number of seconds', 1, MOST_SECONDS)),
  hermetic: v.optional(oneOf('off', 'report', 'enforce')),
  size: v.optional(oneOf(...TEST_SIZES)),
  strict: v.optional(flag),
}

/** What a layer says of a test's size must not contradict what else it says. */
function ofOneSize<Input, Output extends Sized>(
  schema: v.GenericSchema<Input, Output>,
): v.GenericSchema<Input, Output> {
  return v.pipe(
    schema,
    v.rawCheck(({ dataset, addIssue }) => {
      const message = dataset.typed ? contradiction(dataset.value) : undefined
      const key = { type: 'object', origin: 'value', input: {}, key: 'size', value: undefined } as const
      if (message !== undefined) addIssue({ message, path: [key] })
    }),
  )
}

interface Sized {
  readonly size?: TestSize | undefined
  readonly network?: NetworkPatch | undefined
}

const EXAMPLE = "{ resources: { limits: { memory: '256Mi' } } }"

export const patchSchema = ofOneSize(known(podEntries, EXAMPLE))

const include = v.pipe(
  listOf(projectGlob(''), "['test/e2e/**']"),
  v.minLength(1, "is empty; give at least one glob: ['test/e2e/**']"),
)

const override = ofOneSize(known({ ...podEntries, include }, "{ include: ['test/e2e/**'], network: 'host' }"))

const summary = v.custom<boolean | 'full'>(
  (input) => typeof input === 'boolean' || input === 'full',
  (issue) => `${show(issue.input)} is not true, false or 'full'`,
)

/** `true`: where it is by default. */
const reportFile = v.lazy(
  (input): v.GenericSchema<boolean | string> =>
    typeof input === 'string'
      ? text('a path', 'reports/mydocker.html')
      : v.boolean((issue) => `${show(issue.input)} is not a path, or true for the default one`),
)

const report = known(
  {
    summary: v.optional(summary),
    json: v.optional(reportFile),
    html: v.optional(reportFile),
    openmetrics: v.optional(reportFile),
  },
  "{ html: true, json: 'reports/mydocker.json' }",
)

export const optionsSchema = ofOneSize(
  known(
    {
      ...podEntries,
      overrides: v.optional(listOf(override, "[{ include: ['test/e2e/**'], network: 'host' }]")),
      report: v.optional(report),
    },
    EXAMPLE,
  ),
)

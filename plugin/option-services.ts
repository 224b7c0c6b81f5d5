import * as v from 'valibot'
import { show } from '../runtime/show.ts'
import { envRecord } from './option-env.ts'
import { hostname } from './option-hostname.ts'
import { commandLine, readinessProbe, words } from './option-probe.ts'
import { serviceResources } from './option-resources.ts'
import { flag, id, known, listOf, oneOf, seconds, text } from './option-values.ts'
import { mountPath, volumes } from './option-volumes.ts'

/** Vitest waits 10 s for the end of a run. */
const MOST_GRACE_SECONDS = 5

const EXAMPLE = "{ name: 'cache', command: ['redis-server'], readinessProbe: { tcpSocket: { port: 6379 } } }"

const securityContext = v.pipe(
  known(
    { runAsUser: v.optional(id), runAsGroup: v.optional(id), runAsNonRoot: v.optional(flag) },
    '{ runAsNonRoot: true }',
  ),
  v.check(
    ({ runAsUser, runAsNonRoot }) => runAsUser !== 0 || runAsNonRoot !== true,
    'has runAsUser: 0, which is root, and runAsNonRoot: true; take one of them out',
  ),
)

const hook = known(
  { exec: known({ command: commandLine }, "{ command: ['redis-cli', 'ping'] }") },
  "{ exec: { command: ['redis-cli', 'ping'] } }",
)

const service = known(
  {
    name: hostname,
    image: v.optional(oneOf('host')),
    command: commandLine,
    args: v.optional(words),
    env: v.optional(envRecord),
    workingDir: v.optional(text('a path', './db')),
    resources: v.optional(serviceResources),
    securityContext: v.optional(securityContext),
    volumes: v.optional(volumes),
    template: v.optional(
      known(
        { mountPath, command: commandLine },
        "{ mountPath: '/srv/db', command: ['initdb', '--pgdata', '/srv/db'] }",
      ),
    ),
    readinessProbe: v.optional(readinessProbe),
    restartPolicy: v.optional(oneOf('Always', 'OnFailure', 'Never')),
    lifecycle: v.optional(
      known(
        { postStart: v.optional(hook), preStop: v.optional(hook) },
        "{ preStop: { exec: { command: ['redis-cli', 'ping'] } } }",
      ),
    ),
    terminationGracePeriodSeconds: v.optional(seconds(0, MOST_GRACE_SECONDS)),
  },
  EXAMPLE,
)

export type ParsedService = v.InferOutput<typeof service>

/** Side containers of a pod, after the containers of Kubernetes' PodSpec. */
export const services = v.pipe(
  listOf(service, `[${EXAMPLE}]`),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const names = dataset.value.map(({ name }) => name)
    for (const [key, name] of names.entries()) {
      if (names.indexOf(name) === key) continue
      const message = `${show(name)} is the name of services[${names.indexOf(name)}] too`
      const value = dataset.value[key]
      addIssue({ message, path: [{ type: 'array', origin: 'value', input: dataset.value, key, value }] })
    }
  }),
)

import { isIP } from 'node:net'
import * as v from 'valibot'
import { show } from '../runtime/show.ts'
import { known, listOf, oneOf, port, seconds, text, whole } from './option-values.ts'

const HOUR = 3600
const MOST_ATTEMPTS = 1_000_000

const word = v.custom<string>(
  (input) => typeof input === 'string' && !input.includes('\0'),
  (issue) => `${show(issue.input)} is not a string without NUL`,
)

export const words = listOf(word, "['--port', '6379']")

export const commandLine = v.pipe(
  listOf(word, "['redis-server', '--port', '6379']"),
  v.check((given) => (given[0] ?? '') !== '', "has no program; write ['redis-server', '--port', '6379']"),
)

/** There are no other names in the network of a pod, and nobody who would know them. */
const host = v.custom<string>(
  (input) => typeof input === 'string' && (input === 'localhost' || isIP(input) !== 0),
  (issue) => `${show(issue.input)} is not 'localhost' or an IP address`,
)

const httpHeader = known(
  { name: text('the name of a header', 'Accept'), value: v.string((issue) => `${show(issue.input)} is not a string`) },
  "{ name: 'Accept', value: 'text/plain' }",
)

const httpGet = known(
  {
    port,
    path: v.optional(text('a path', '/healthz')),
    host: v.optional(host),
    scheme: v.optional(oneOf('HTTP', 'HTTPS')),
    httpHeaders: v.optional(listOf(httpHeader, "[{ name: 'Accept', value: 'text/plain' }]")),
  },
  "{ port: 8080, path: '/healthz' }",
)

const ACTIONS = ['exec', 'tcpSocket', 'httpGet'] as const

/** Kubernetes' Probe, of a service that is to get ready. */
export const readinessProbe = v.pipe(
  known(
    {
      exec: v.optional(known({ command: commandLine }, "{ command: ['redis-cli', 'ping'] }")),
      tcpSocket: v.optional(known({ port, host: v.optional(host) }, '{ port: 6379 }')),
      httpGet: v.optional(httpGet),
      initialDelaySeconds: v.optional(seconds(0, HOUR)),
      periodSeconds: v.optional(seconds(0.001, HOUR)),
      timeoutSeconds: v.optional(seconds(0.001, HOUR)),
      successThreshold: v.optional(whole('a number of successes', 1, MOST_ATTEMPTS)),
      failureThreshold: v.optional(whole('a number of periods', 1, MOST_ATTEMPTS)),
    },
    '{ tcpSocket: { port: 6379 } }',
  ),
  v.check(
    (probe) => ACTIONS.filter((action) => probe[action] !== undefined).length === 1,
    'asks nothing or several things; give one of exec, tcpSocket and httpGet: { tcpSocket: { port: 6379 } }',
  ),
)

import * as v from 'valibot'
import { formatBytes, formatCpu } from '../runtime/quantity.ts'
import type { Bytes, Millicores } from '../runtime/units.ts'
import { atLeast, count, cpu, known, memory } from './option-values.ts'

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

const requests = known({ memory: v.optional(memory), cpu: v.optional(cpu) }, "{ memory: '128Mi', cpu: '500m' }")

const cpuLimit = atLeast(
  cpu,
  LEAST_CPU,
  (value) => `${formatCpu(value)} is below ${LEAST_CPU}m, the least that the kernel enforces`,
)

const limits = known(
  {
    memory: v.optional(atLeast(memory, LEAST_MEMORY, tooLittleMemory)),
    cpu: v.optional(cpuLimit),
    pids: v.optional(
      atLeast(count, LEAST_PIDS, (value) => `${value} is below ${LEAST_PIDS}, which Node needs for its own threads`),
    ),
    'ephemeral-storage': v.optional(memory),
    swap: v.optional(memory),
  },
  "{ memory: '256Mi', cpu: 2, pids: 512, 'ephemeral-storage': '2Gi' }",
)

function tooLittleMemory(bytes: Bytes): string {
  const message = `${formatBytes(bytes)} is below ${formatBytes(LEAST_MEMORY)}, which Node with Vitest needs to start`
  // Nobody means so few bytes: the suffix was forgotten.
  return bytes < 2 ** 16 ? `${message}; a number alone is bytes: did you mean '${bytes}Mi'?` : message
}

/** Kubernetes' ResourceRequirements, in bytes and millicores. */
export const resources = v.pipe(
  known({ requests: v.optional(requests), limits: v.optional(limits) }, "{ limits: { memory: '256Mi' } }"),
  v.check(isWithin('memory'), ({ input }) => tooMuch('memory', input, formatBytes)),
  v.check(isWithin('cpu'), ({ input }) => tooMuch('cpu', input, formatCpu)),
)

/** The same for a program that needs no Node. */
export const serviceResources = v.pipe(
  known(
    {
      requests: v.optional(requests),
      limits: v.optional(
        known(
          {
            memory: v.optional(memory),
            cpu: v.optional(cpuLimit),
            pids: v.optional(count),
            'ephemeral-storage': v.optional(memory),
          },
          "{ memory: '256Mi', cpu: 2, pids: 512, 'ephemeral-storage': '2Gi' }",
        ),
      ),
    },
    "{ limits: { memory: '256Mi' } }",
  ),
  v.check(isWithin('memory'), ({ input }) => tooMuch('memory', input, formatBytes)),
  v.check(isWithin('cpu'), ({ input }) => tooMuch('cpu', input, formatCpu)),
)

/** Bytes and millicores. */
export interface ParsedResources {
  readonly requests?: v.InferOutput<typeof requests> | undefined
  readonly limits?: v.InferOutput<typeof limits> | undefined
}

function isWithin(name: 'memory' | 'cpu'): (given: ParsedResources) => boolean {
  return (given) => (given.requests?.[name] ?? 0) <= (given.limits?.[name] ?? Number.POSITIVE_INFINITY)
}

function tooMuch(
  name: 'memory' | 'cpu',
  { requests, limits }: ParsedResources,
  format: (value: number) => string,
): string {
  const [request = 0, limit = 0] = [requests?.[name], limits?.[name]]
  return `requests.${name} ${format(request)} is more than limits.${name} ${format(limit)}`
}

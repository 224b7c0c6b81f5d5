import { MydockerError } from '../runtime/errors.ts'
import { formatBytes, formatCpu } from '../runtime/quantity.ts'
import type { Bytes, Millicores } from '../runtime/units.ts'
import type { Amounts } from './node-resources.ts'

/** Stage of the error of a pod that no node here can hold; its file fails with reason `Unschedulable`. */
export const UNSCHEDULABLE_STAGE = 'scheduling'

/** What a pod asks for; without `cpu`, nothing of it. */
export interface Requests {
  readonly memory: Bytes
  readonly cpu?: Millicores | undefined
}

/** Where the user has asked for it: `override`, `docblock`. */
export type RequestOrigin = (resource: keyof Requests) => string | undefined

/**
 * @param name the test file
 * @throws MydockerError stage `scheduling`, in the words of Kubernetes' scheduler, when this can never be admitted
 */
export function refuseUnschedulable(
  name: string,
  requests: Requests,
  allocatable: Amounts,
  originOf: RequestOrigin = () => undefined,
): void {
  const lacks = (resource: keyof Requests, asked: string, there: string): string => {
    const origin = originOf(resource)
    const option = `resources.requests.${resource}`
    return `Insufficient ${resource}: ${option} ${asked}${origin === undefined ? '' : ` (${origin})`}, allocatable ${there}`
  }
  const { memory, cpu = 0 } = requests
  const missing = [
    ...(memory > allocatable.memory
      ? [lacks('memory', formatBytes(memory), `${formatBytes(allocatable.memory)} besides Vitest itself`)]
      : []),
    ...(cpu > allocatable.cpu ? [lacks('cpu', formatCpu(cpu), `${formatCpu(allocatable.cpu)} cores`)] : []),
  ]
  if (missing.length === 0) return
  throw new MydockerError({
    stage: UNSCHEDULABLE_STAGE,
    message: `${name}: 0/1 nodes are available: ${missing.join('; ')}; lower what is requested, or run it on a larger machine`,
  })
}

import * as v from 'valibot'
import { show } from '../runtime/show.ts'

/** RFC 1123 label, as Kubernetes asks of a pod's hostname; within the 64 bytes of uts_namespaces(7). */
export const MOST_HOSTNAME = 63

export const hostname = v.custom<string>(
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

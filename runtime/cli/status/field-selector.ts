import { MydockerError } from '../../errors.ts'
import { show } from '../../show.ts'
import type { KubernetesObject } from '../../status/kubernetes.ts'

/** By kind, what Kubernetes lets one select by, as far as there is something to select; and a few that it does not. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  pod: [
    'metadata.name',
    'metadata.namespace',
    'spec.nodeName',
    'spec.restartPolicy',
    'status.phase',
    'status.reason',
    'status.qosClass',
  ],
  event: ['metadata.name', 'type', 'reason', 'involvedObject.kind', 'involvedObject.name'],
  run: ['metadata.name', 'status.phase'],
  node: ['metadata.name'],
}

/**
 * Reads a selector of kubectl's: `status.phase=Failed,spec.restartPolicy!=Never`.
 * @returns whether an object is selected; a field that it lacks is an empty one
 * @throws MydockerError stage `status`
 */
export function parseFieldSelector(selector: string, kind: string): (object: KubernetesObject) => boolean {
  const terms = selector.split(',').map((term) => parseTerm(term, kind))
  return (object) =>
    terms.every(({ path, isEqual, value }) => (String(valueAt(object, path) ?? '') === value) === isEqual)
}

function parseTerm(term: string, kind: string): { path: string; isEqual: boolean; value: string } {
  const [, path = '', operator, value = ''] = /^\s*([^=!\s]+)\s*(==?|!=)\s*(.*?)\s*$/.exec(term) ?? []
  const fields = FIELDS[kind] ?? []
  if (operator !== undefined && fields.includes(path)) return { path, isEqual: operator !== '!=', value }
  throw new MydockerError({
    stage: 'status',
    message: `--field-selector: ${show(term)} is not FIELD=VALUE or FIELD!=VALUE`,
    hint: `The fields of ${kind}s are: ${fields.join(', ')}`,
  })
}

function valueAt(object: unknown, path: string): unknown {
  let value = object
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined
    value = Reflect.get(value, name)
  }
  return value
}

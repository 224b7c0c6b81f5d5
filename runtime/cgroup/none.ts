import type { Cgroup, CgroupOptions, Cgroups } from './types.ts'
import { Unavailable } from './unavailable.ts'

/**
 * Cgroups that bound and measure nothing, for a host that lets us make none. Says so in a Warning event.
 * @throws MydockerError stage `cgroup` under `strict`
 */
export function openNone(why: Unavailable, options: CgroupOptions): Cgroups {
  const message = `memory, CPU and process limits cannot be enforced: ${why.fields.message}`
  const consequence = new Unavailable({ ...why.fields, message })
  if (options.strict) throw consequence.toError()
  options.onEvent(consequence.toEvent('MemoryLimitUnavailable'))
  return { version: 'none', parents: [], create: () => UNBOUNDED, close: async () => undefined }
}

/** The cgroup that bounds and measures nothing. */
export const UNBOUNDED: Cgroup = {
  procsFiles: [],
  limits: {},
  usage: () => ({ oomKills: 0 }),
  excess: () => ({}),
  processes: () => [],
  kill: () => {},
  remove: async () => undefined,
}

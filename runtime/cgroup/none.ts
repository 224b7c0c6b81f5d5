import type { Cgroup, CgroupOptions, Cgroups } from './types.ts'
import type { Unavailable } from './unavailable.ts'

/**
 * Cgroups that bound and measure nothing, for a host that lets us make none. Says so in a Warning event.
 * @throws MydockerError stage `cgroup` under `strict`
 */
export function openNone(why: Unavailable, options: CgroupOptions): Cgroups {
  if (options.strict) throw why.toError()
  options.onEvent(why.toEvent('MemoryLimitUnavailable'))
  return { version: 'none', parents: [], create: () => UNBOUNDED, close: async () => undefined }
}

const UNBOUNDED: Cgroup = {
  procsFiles: [],
  limits: {},
  usage: () => ({ oomKills: 0 }),
  processes: () => [],
  remove: async () => undefined,
}

import { accessSync, constants, existsSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, read } from './files.ts'

/** The cgroup that a process is in, in one hierarchy, as a directory that it can reach. */
export interface OwnCgroup {
  readonly version: 'v1' | 'v2'
  /** Controllers attached to a v1 hierarchy. Empty for v2, where `cgroup.controllers` of each directory says it. */
  readonly controllers: readonly string[]
  readonly directory: string
  /** Directory above which there is nothing to see. */
  readonly mountPoint: string
}

/** The cgroups of this process, one for each hierarchy that is mounted where it can be reached; see cgroups(7). */
export function ownCgroups(): OwnCgroup[] {
  const found = new Map<string, OwnCgroup>()
  const reachable = locate(read('/proc/self/cgroup'), read('/proc/self/mountinfo')).filter((cgroup) =>
    existsSync(cgroup.directory),
  )
  // A hierarchy may be mounted twice, once read-only (containers): prefer where one can write.
  for (const cgroup of [...reachable.filter((candidate) => isWritable(candidate.directory)), ...reachable]) {
    const hierarchy = `${cgroup.version}:${cgroup.controllers.join()}`
    if (!found.has(hierarchy)) found.set(hierarchy, cgroup)
  }
  return [...found.values()]
}

/**
 * Every directory at which a cgroup of a process can be reached.
 * @param memberships text of /proc/PID/cgroup, see cgroups(7)
 * @param mountinfo text of /proc/PID/mountinfo, see proc_pid_mountinfo(5)
 */
export function locate(memberships: string, mountinfo: string): OwnCgroup[] {
  const mounts = mountinfo.split('\n').flatMap(parseMount)
  return memberships.split('\n').flatMap((line) => {
    const membership = /^\d+:([^:]*):(\/.*)$/.exec(line)
    if (!membership) return []
    const [, names = '', path = ''] = membership
    const controllers = names === '' ? [] : names.split(',')
    const version = names === '' ? 'v2' : 'v1'
    return mounts.flatMap((mount): OwnCgroup[] => {
      if (mount.version !== version || !controllers.every((name) => mount.options.includes(name))) return []
      const below = pathBelow(mount.root, path)
      if (below === undefined) return []
      return [{ version, controllers, directory: join(mount.mountPoint, below), mountPoint: mount.mountPoint }]
    })
  })
}

interface CgroupMount {
  readonly version: 'v1' | 'v2'
  /** Which directory of the hierarchy is mounted. */
  readonly root: string
  readonly mountPoint: string
  readonly options: readonly string[]
}

function parseMount(line: string): CgroupMount[] {
  const [mount = '', fileSystem = ''] = line.split(' - ')
  const [, , , root = '', mountPoint = ''] = mount.split(' ')
  const [type, , options = ''] = fileSystem.split(' ')
  if (type !== 'cgroup' && type !== 'cgroup2') return []
  const version = type === 'cgroup' ? 'v1' : 'v2'
  return [{ version, root: unescapeOctal(root), mountPoint: unescapeOctal(mountPoint), options: options.split(',') }]
}

/** mountinfo writes space, tab, newline and backslash in octal. */
function unescapeOctal(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}

/**
 * `path` as seen below a mount of `root`. Both are relative to the root of the reader's cgroup namespace; a `..` in one of
 * them is a cgroup outside it, whose name cannot be known (cgroup_namespaces(7)).
 */
function pathBelow(root: string, path: string): string | undefined {
  if ([...root.split('/'), ...path.split('/')].includes('..')) return undefined
  if (root === '/' || root === path) return root === '/' ? path : '/'
  return path.startsWith(`${root}/`) ? path.slice(root.length) : undefined
}

function isWritable(directory: string): boolean {
  return errnoOf(() => accessSync(directory, constants.W_OK)) === undefined
}

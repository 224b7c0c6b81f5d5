import { readFileSync } from 'node:fs'

/** A line of /proc/PID/mountinfo (proc_pid_mountinfo(5)). */
export interface Mount {
  readonly id: number
  readonly parent: number
  /** `major:minor` of the file system. */
  readonly device: string
  /** The directory of the file system that is mounted. */
  readonly root: string
  readonly mountPoint: string
  readonly options: readonly string[]
  readonly fsType: string
  readonly source: string
  readonly superOptions: readonly string[]
}

export function readMounts(file = '/proc/self/mountinfo'): Mount[] {
  return parseMountinfo(readFileSync(file, 'utf8'))
}

export function parseMountinfo(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [left, right] = line.split(' - ')
    if (left === undefined || right === undefined) return []
    const [id = '', parent = '', device = '', root = '', mountPoint = '', options = ''] = left.split(' ')
    const [fsType = '', source = '', superOptions = ''] = right.split(' ')
    return {
      id: Number(id),
      parent: Number(parent),
      device,
      root: unescapeOctal(root),
      mountPoint: unescapeOctal(mountPoint),
      options: options.split(','),
      fsType,
      source: unescapeOctal(source),
      superOptions: superOptions.split(','),
    }
  })
}

/** Only what is visible: where several mounts share a mount point the last one covers the others, and a mount whose ancestor
 * is covered by a later mount is covered with it. */
export function visibleMounts(mounts: readonly Mount[]): Mount[] {
  const visible: Mount[] = []
  for (const mount of mounts) {
    const covered = (other: Mount): boolean =>
      isWithin(other.mountPoint, mount.mountPoint) && !isAncestor(other, mount, mounts)
    for (let i = visible.length - 1; i >= 0; i--) {
      const other = visible[i]
      if (other !== undefined && (other.mountPoint === mount.mountPoint || covered(other))) visible.splice(i, 1)
    }
    visible.push(mount)
  }
  return visible
}

/** True when `path` is `directory` or below it. */
export function isWithin(path: string, directory: string): boolean {
  return directory === '/' || path === directory || path.startsWith(`${directory}/`)
}

/** True when `other` sits (transitively) on `mount`. */
function isAncestor(other: Mount, mount: Mount, mounts: readonly Mount[]): boolean {
  const byId = new Map(mounts.map((each) => [each.id, each]))
  const seen = new Set<number>()
  for (let at: Mount | undefined = other; at && !seen.has(at.id); at = byId.get(at.parent)) {
    if (at.id === mount.id) return true
    seen.add(at.id)
  }
  return false
}

function unescapeOctal(text: string): string {
  if (!text.includes('\\')) return text
  const bytes: number[] = []
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') {
      bytes.push(Number.parseInt(text.slice(i + 1, i + 4), 8))
      i += 3
    } else bytes.push(...Buffer.from(text[i] ?? ''))
  }
  return Buffer.from(bytes).toString('utf8')
}

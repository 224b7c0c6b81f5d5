import { chmod, cp, lstat, mkdir, readdir } from 'node:fs/promises'
import path from 'node:path'
import type { Change } from './container.ts'
import { isWithin } from './mountinfo.ts'
import { isOpaque } from './native.ts'
import type { UpperLayer } from './rootfs.ts'

/**
 * What a container wrote, read from the upper layers of its overlays through a descriptor of its data tmpfs. The writer may be
 * an adversary: links are never followed.
 */
export class UpperLayers {
  readonly #data: string
  readonly #layers: readonly UpperLayer[]

  /** `fd`: the data tmpfs, owned by the caller. */
  constructor(fd: number, layers: readonly UpperLayer[]) {
    this.#data = `/proc/self/fd/${fd}`
    this.#layers = layers
  }

  async changes(): Promise<Change[]> {
    const found: Change[] = []
    for (const { id, mountPoint } of this.#layers) await walk(path.join(this.#data, 'upper', id), mountPoint, found)
    return found
  }

  /** Copies a changed file, link or directory out, with mode and times; missing parents are made. */
  async copyOut(changed: string, destination: string): Promise<void> {
    const layer = this.#layers
      .filter(({ mountPoint }) => isWithin(changed, mountPoint))
      .reduce((a, b) => (b.mountPoint.length > a.mountPoint.length ? b : a))
    const source = path.join(this.#data, 'upper', layer.id, path.relative(layer.mountPoint, changed))
    await mkdir(path.dirname(destination), { recursive: true })
    await cp(source, destination, { recursive: true, force: true, preserveTimestamps: true, verbatimSymlinks: true })
  }
}

async function walk(upper: string, place: string, found: Change[]): Promise<void> {
  for (const name of await list(upper)) {
    const inUpper = path.join(upper, name)
    const inPlace = path.join(place, name)
    const status = await lstat(inUpper)
    const before = await lstat(inPlace).catch(() => undefined)
    // A whiteout: a character device 0:0 (Documentation/filesystems/overlayfs.rst).
    if (status.isCharacterDevice() && status.rdev === 0) {
      if (before) found.push({ kind: 'deleted', path: inPlace, type: typeOf(before) })
      continue
    }
    const isOldDirectory = status.isDirectory() && before?.isDirectory() === true
    if (!isOldDirectory) found.push({ kind: before ? 'modified' : 'added', path: inPlace, type: typeOf(status) })
    if (!status.isDirectory()) continue
    if (isOldDirectory && isOpaque(inUpper)) await findHidden(inUpper, inPlace, found)
    await walk(inUpper, inPlace, found)
  }
}

/** Lists a directory of ours that may be closed even to its owner, which an ordinary user then is. */
async function list(directory: string): Promise<string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EACCES')) throw error
    const { mode } = await lstat(directory)
    await chmod(directory, mode | 0o700)
    const names = await readdir(directory)
    await chmod(directory, mode)
    return names
  }
}

/** An opaque directory took the place of the old one: what only the old one had is deleted. */
async function findHidden(upper: string, place: string, found: Change[]): Promise<void> {
  const kept = new Set(await list(upper))
  for (const entry of await readdir(place, { withFileTypes: true }))
    if (!kept.has(entry.name)) found.push({ kind: 'deleted', path: path.join(place, entry.name), type: typeOf(entry) })
}

function typeOf(entry: { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }): Change['type'] {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'directory'
  return entry.isSymbolicLink() ? 'symlink' : 'other'
}

import type { Stats } from 'node:fs'
import { chmod, cp, lstat, mkdir, readdir } from 'node:fs/promises'
import path from 'node:path'
import type { Change } from './container.ts'
import { MydockerError } from './errors.ts'
import { hasAttributes, readAttribute } from './native.ts'
import type { Skeleton, UpperLayer } from './rootfs.ts'

/**
 * What a container wrote, read from the upper layers of its overlays through a descriptor of its data tmpfs. The writer may be
 * an adversary: links are never followed. The format is that of Documentation/filesystems/overlayfs.rst.
 */
export class UpperLayers {
  readonly #data: string
  readonly #layers: readonly UpperLayer[]
  readonly #skeleton: Skeleton
  /** Where the content of a changed path is: in an upper layer, or on the host, for what came along with a renamed directory. */
  #sources: Promise<ReadonlyMap<string, string>> | undefined

  /** `fd`: the data tmpfs, owned by the caller. */
  constructor(fd: number, layers: readonly UpperLayer[], skeleton: Skeleton) {
    this.#data = `/proc/self/fd/${fd}`
    this.#layers = layers
    this.#skeleton = skeleton
  }

  /** Whether overlays of a user namespace can mark a directory as replaced: tmpfs has user.* attributes since Linux 6.6. */
  get canReplaceDirectories(): boolean {
    return hasAttributes(path.join(this.#data, 'upper'), 'user.overlay.opaque')
  }

  async changes(): Promise<Change[]> {
    const found = await this.#compare()
    this.#sources = Promise.resolve(sourcesOf(found))
    return found.map(({ kind, path, type }) => ({ kind, path, type }))
  }

  /**
   * Copies a changed path out, with mode and times; missing parents are made. Of a directory only itself.
   * @throws MydockerError stage `changes`: it has not been changed
   */
  async copyOut(changed: string, destination: string): Promise<void> {
    this.#sources ??= this.#compare().then(sourcesOf)
    const source = (await this.#sources).get(changed)
    if (source === undefined)
      throw new MydockerError({ stage: 'changes', message: 'the container has not written it', path: changed })
    await mkdir(path.dirname(destination), { recursive: true })
    const status = await lstat(source)
    if (status.isDirectory()) await mkdir(destination, { recursive: true, mode: status.mode & 0o7777 })
    else await cp(source, destination, { force: true, preserveTimestamps: true, verbatimSymlinks: true })
  }

  async #compare(): Promise<Found[]> {
    const found: Found[] = []
    for (const { id, mountPoint } of this.#layers) {
      const upper = path.join(this.#data, 'upper', id)
      // What was gone when it should have been mounted has no upper layer.
      if (!(await lstat(upper).catch(() => undefined))) continue
      await compare({ upper, lower: mountPoint, place: mountPoint, root: mountPoint }, found)
    }
    if (this.#skeleton.placed.size > 0) await compareSkeleton(path.join(this.#data, 'root'), this.#skeleton, found)
    return found
  }
}

interface Found extends Change {
  readonly source: string | undefined
}

/** A directory as the container saw it: its own entries, and those of a directory of the host that it did not hide. */
interface Merged {
  readonly upper: string | undefined
  readonly lower: string | undefined
  /** Path inside the container. */
  readonly place: string
  /** Mount point of the layer. */
  readonly root: string
}

async function compare(directory: Merged, found: Found[]): Promise<void> {
  for (const [name, isInUpper] of await entries(directory)) {
    const inUpper = isInUpper && directory.upper !== undefined ? path.join(directory.upper, name) : undefined
    const inLower = directory.lower === undefined ? undefined : path.join(directory.lower, name)
    const place = path.join(directory.place, name)
    const source = inUpper ?? inLower ?? place
    const status = await lstat(source)
    const before = await lstat(place).catch(() => undefined)
    const kind = before ? 'modified' : 'added'
    // A whiteout: a character device 0:0.
    if (status.isCharacterDevice() && status.rdev === 0) {
      if (before) found.push({ kind: 'deleted', path: place, type: typeOf(before), source: undefined })
    } else if (!status.isDirectory()) {
      found.push({ kind, path: place, type: typeOf(status), source })
    } else {
      const lower = inUpper === undefined ? inLower : originOf(inUpper, inLower, directory.root)
      const merged = { upper: inUpper, lower, place, root: directory.root }
      if (!before?.isDirectory()) found.push({ kind, path: place, type: 'directory', source })
      else if (lower !== place) await findHidden(merged, found)
      await compare(merged, found)
    }
  }
}

async function compareSkeleton(root: string, { placed, copies }: Skeleton, found: Found[]): Promise<void> {
  for (const place of copies) {
    const [status, before] = await Promise.all(
      [lstat(path.join(root, place)), lstat(place)].map((looked) => looked.catch(() => undefined)),
    )
    if (!status && before) found.push({ kind: 'deleted', path: place, type: typeOf(before), source: undefined })
    else if (status && !isSameFile(status, before))
      found.push({
        kind: before ? 'modified' : 'added',
        path: place,
        type: typeOf(status),
        source: path.join(root, place),
      })
  }
  await findNew(root, '/', placed, found)
}

/** A copy has the time of what it was copied from until it is written. */
function isSameFile(copy: Stats, original: Stats | undefined): boolean {
  return (
    copy.size === original?.size &&
    Math.trunc(copy.mtimeMs) === Math.trunc(original.mtimeMs) &&
    copy.mode === original.mode
  )
}

async function findNew(root: string, directory: string, placed: ReadonlySet<string>, found: Found[]): Promise<void> {
  for (const name of await list(path.join(root, directory))) {
    const place = path.join(directory, name)
    const source = path.join(root, place)
    const status = await lstat(source)
    if (!placed.has(place)) found.push({ kind: 'added', path: place, type: typeOf(status), source })
    if (status.isDirectory()) await findNew(root, place, placed, found)
  }
}

/** The names in a directory that may be changes, and whether the upper layer has them. */
async function entries({ upper, lower, place }: Merged): Promise<Map<string, boolean>> {
  const names = new Map<string, boolean>()
  // What a directory brought along when it was renamed is new where it is now.
  if (lower !== undefined && lower !== place) for (const name of await list(lower)) names.set(name, false)
  if (upper !== undefined) for (const name of await list(upper)) names.set(name, true)
  return names
}

/** The directory of the host that shines through one of an upper layer: of the same name, that it was renamed from, or none. */
function originOf(inUpper: string, inLower: string | undefined, root: string): string | undefined {
  const redirect = attribute(inUpper, 'redirect')
  if (redirect?.startsWith('/')) return path.join(root, redirect)
  if (redirect !== undefined && inLower !== undefined) return path.join(path.dirname(inLower), redirect)
  return attribute(inUpper, 'opaque') === 'y' ? undefined : inLower
}

/** Real root's overlays keep their marks in trusted.*, those of a user namespace in user.*. */
function attribute(file: string, name: 'opaque' | 'redirect'): string | undefined {
  return readAttribute(file, `trusted.overlay.${name}`) ?? readAttribute(file, `user.overlay.${name}`)
}

/** Another directory took the place of the old one: what only the old one had is deleted. */
async function findHidden({ upper, lower, place }: Merged, found: Found[]): Promise<void> {
  const kept = new Set([...(upper ? await list(upper) : []), ...(lower ? await list(lower) : [])])
  for (const entry of await readdir(place, { withFileTypes: true }))
    if (!kept.has(entry.name))
      found.push({ kind: 'deleted', path: path.join(place, entry.name), type: typeOf(entry), source: undefined })
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

function sourcesOf(found: readonly Found[]): ReadonlyMap<string, string> {
  return new Map(found.flatMap(({ path, source }) => (source === undefined ? [] : [[path, source]])))
}

function typeOf(entry: { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }): Change['type'] {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'directory'
  return entry.isSymbolicLink() ? 'symlink' : 'other'
}

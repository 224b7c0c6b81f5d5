import { randomBytes } from 'node:crypto'
import { type FileHandle, lstat, mkdir, open, realpath, rename, rm, unlink } from 'node:fs/promises'
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path'
import { MydockerError, messageOf } from '../runtime/errors.ts'
import { isWithin } from '../runtime/mountinfo.ts'
import { formatBytes } from '../runtime/quantity.ts'
import type { Bytes } from '../runtime/units.ts'
import type { Carried, Purpose, WorkerNote } from './messages.ts'

/** What a pod may leave on the host. */
export interface CarryPolicy {
  /** Snapshots and persisted files may be written below these. */
  readonly roots: readonly string[]
  /** Snapshot files that Vitest itself named for this pod's test files (`resolveSnapshotPath`), be they outside of the roots. */
  readonly snapshotFiles: ReadonlySet<string>
  /** Whether Vitest writes snapshots in this run at all: under CI it does not. */
  readonly writesSnapshots: boolean
  /** Where Vitest 5 expects coverage, when coverage is on. */
  readonly coverageDirectory: string | undefined
  /** Bound on all files of one pod together. */
  readonly maxBytes: Bytes
  /** A directory of ours for this pod's attachments. */
  privateDirectory(): Promise<string>
}

/** Vitest's default place for the snapshots of a test file. */
const SNAPSHOT = /^(.*)\/__snapshots__\/([^/]+)\.snap$/
/** Files that a project's tools execute on the host, or trust: no test may replace them by way of a snapshot. */
const NEVER_NAMED = /\.(config|workspace|projects)\.[cm]?[jt]s$|^package\.json$/
/** Vitest 5's name for a worker's coverage file (`writeCoverageFile` of its coverage packages). */
const COVERAGE_NAME = /^coverage-[0-9a-f-]+\.json$/

/**
 * Receives the files that a pod's worker carries out. Their content is the test's, their paths are claims of the pod: each is
 * checked here, in the main process, before anything is written.
 */
export class CarriedFiles {
  readonly #policy: CarryPolicy
  readonly #incoming = new Map<number, Incoming>()
  readonly #attachments = new Map<number, string>()
  readonly #problems = new Map<number, string>()
  #received = 0

  constructor(policy: CarryPolicy) {
    this.#policy = policy
  }

  /** @returns the answer for the worker, once a file is complete or removed */
  async take(note: WorkerNote): Promise<Carried | undefined> {
    switch (note.mydocker) {
      case 'carry':
        this.#incoming.set(note.id, new Incoming(note.purpose, note.path))
        return undefined
      case 'chunk':
        await this.#append(note.id, note.bytes)
        return undefined
      case 'carry-end':
        return this.#answer(note.id, () => this.#finish(note.id, note.error))
      case 'remove':
        return this.#answer(note.id, () => this.#remove(note.path))
      default:
        return undefined
    }
  }

  /** @returns where main can read an attachment that the pod carried out under this id */
  attachment(id: number): string | undefined {
    return this.#attachments.get(id)
  }

  /** @returns why a file could not be carried out */
  problem(id: number): string | undefined {
    return this.#problems.get(id)
  }

  /** Forgets what never became complete. */
  async close(): Promise<void> {
    await Promise.all([...this.#incoming.values()].map((incoming) => incoming.discard()))
    this.#incoming.clear()
  }

  async #answer(id: number, work: () => Promise<void>): Promise<Carried> {
    try {
      await work()
      return { mydocker: 'carried', id }
    } catch (cause) {
      const error = messageOf(cause)
      this.#problems.set(id, error)
      return { mydocker: 'carried', id, error }
    }
  }

  async #append(id: number, bytes: Uint8Array): Promise<void> {
    const incoming = this.#incoming.get(id)
    if (incoming === undefined || incoming.error !== undefined) return
    this.#received += bytes.length
    if (this.#received > this.#policy.maxBytes) {
      incoming.error = refused(
        incoming.path,
        `the container has carried out more than ${formatBytes(this.#policy.maxBytes)}`,
      )
      return
    }
    try {
      await incoming.append(bytes, () => this.#destination(id, incoming))
    } catch (error) {
      incoming.error = error
    }
  }

  async #finish(id: number, problem: string | undefined): Promise<void> {
    const incoming = this.#incoming.get(id)
    this.#incoming.delete(id)
    if (incoming === undefined) return
    try {
      if (problem !== undefined) throw new Error(problem)
      if (incoming.error !== undefined) throw incoming.error
      await incoming.complete(() => this.#destination(id, incoming))
    } catch (error) {
      await incoming.discard()
      throw error
    }
    if (incoming.purpose === 'attachment') this.#attachments.set(id, await this.#destination(id, incoming))
  }

  async #remove(path: string): Promise<void> {
    const target = await this.#snapshotPath(path)
    try {
      await unlink(target)
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }

  async #destination(id: number, { purpose, path }: Incoming): Promise<string> {
    if (purpose === 'snapshot') return this.#snapshotPath(path)
    if (purpose === 'coverage') return this.#coveragePath(path)
    // The extension tells Vitest the content type.
    return join(await this.#policy.privateDirectory(), `${id}${extname(path)}`)
  }

  async #snapshotPath(path: string): Promise<string> {
    if (!this.#policy.writesSnapshots) throw refused(path, "Vitest's `update` is 'none', as it is under CI")
    const absolute = resolve(path)
    if (this.#policy.snapshotFiles.has(absolute)) return resolveInside(absolute, [dirname(absolute)])
    const target = await resolveInside(absolute, this.#policy.roots)
    const root = this.#policy.roots.find((each) => isWithin(absolute, each)) ?? sep
    if (isReserved(absolute, root) || isReserved(target, await realTarget(root)))
      throw refused(path, 'a snapshot must not replace configuration, or be in a hidden directory or node_modules')
    const [, directory = '', testFile = ''] = SNAPSHOT.exec(target) ?? []
    if (testFile !== '' && (await exists(join(directory, testFile))))
      throw refused(path, `it has the snapshots of another test file, ${testFile}`)
    return target
  }

  async #coveragePath(path: string): Promise<string> {
    const directory = this.#policy.coverageDirectory
    if (
      directory === undefined ||
      dirname(resolve(path)) !== resolve(directory) ||
      !COVERAGE_NAME.test(basename(path))
    ) {
      throw refused(path, 'it is not a coverage file of Vitest')
    }
    return resolveInside(path, [directory])
  }
}

/** Whether a path, relative to the root or absolute, is that of something that tools of a project execute or trust. */
export function isReserved(path: string, root: string): boolean {
  const segments = relative(root, resolve(root, path)).split(sep)
  const isHidden = segments.some((segment) => /^\.[^.]/.test(segment) || segment === 'node_modules')
  return isHidden || NEVER_NAMED.test(basename(path))
}

/**
 * The real path to write to, with symbolic links followed, when that is below one of the roots. Parts that do not exist yet are taken as they are.
 * @throws MydockerError stage `carry`
 */
export async function resolveInside(path: string, roots: readonly string[]): Promise<string> {
  const target = await realTarget(resolve(path))
  for (const root of roots) {
    const realRoot = await realTarget(resolve(root))
    if (isWithin(target, realRoot)) return target
  }
  throw refused(path, `it is outside of ${roots.join(', ')}`)
}

/** realpath(3) of the longest part that exists, and the rest appended. */
async function realTarget(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (!isMissing(error)) throw error
    // A dangling symbolic link exists, but realpath calls it missing: writing would go through it.
    const link = await lstat(path).catch(() => undefined)
    if (link?.isSymbolicLink()) throw refused(path, 'it is a symbolic link to nothing')
    return join(await realTarget(dirname(path)), basename(path))
  }
}

/** One file on its way: it is written beside its destination and renamed, so that nobody reads half of it. */
class Incoming {
  readonly purpose: Purpose
  readonly path: string
  error: unknown
  #temporary: { handle: FileHandle; path: string } | undefined

  constructor(purpose: Purpose, path: string) {
    this.purpose = purpose
    this.path = path
  }

  async append(bytes: Uint8Array, destination: () => Promise<string>): Promise<void> {
    const { handle } = await this.#open(destination)
    await handle.writeFile(bytes)
  }

  async complete(destination: () => Promise<string>): Promise<void> {
    const target = await destination()
    const { handle, path } = await this.#open(destination)
    const existing = await lstat(target).catch(() => undefined)
    if (existing !== undefined) {
      await handle.chmod(existing.mode & 0o7777)
      // Root may write files of others; they stay theirs.
      if (process.getuid?.() === 0) await handle.chown(existing.uid, existing.gid)
    }
    await handle.close()
    await rename(path, target)
    this.#temporary = undefined
  }

  async discard(): Promise<void> {
    const temporary = this.#temporary
    this.#temporary = undefined
    if (temporary === undefined) return
    await temporary.handle.close().catch(() => undefined)
    await rm(temporary.path, { force: true })
  }

  async #open(destination: () => Promise<string>): Promise<{ handle: FileHandle; path: string }> {
    if (this.#temporary !== undefined) return this.#temporary
    const target = await destination()
    await mkdir(dirname(target), { recursive: true })
    const path = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`)
    this.#temporary = { handle: await open(path, 'wx'), path }
    return this.#temporary
  }
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function refused(path: string, message: string): MydockerError {
  return new MydockerError({ stage: 'carry', message: `not written to the host: ${message}`, path })
}

import { createHash, randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { hasPowerOverHost } from '../runtime/identity.ts'
import type { ContainerSpec } from '../runtime/spec.ts'

/** Part of the key: another number when what a template is changes. */
const FORMAT = 1
/** Whoever has not been used for so long was made by a command that is no more. */
const KEPT_MS = 30 * 24 * 3600 * 1000

export interface TemplateRequest {
  /** The container in which it is made, but for the place where it is written. */
  readonly spec: ContainerSpec
  readonly mountPath: string
  /** Makes its content in that directory of the host. */
  make(directory: string): Promise<void>
}

/**
 * Directories that services made once, each with a key of everything that its content depends on as far as it can be known. Runs at the
 * same time may make the same one: it appears under its name when it is complete.
 */
export class Templates {
  readonly #root: () => string
  readonly #removeAtDeath: (directory: string) => void
  readonly #making = new Map<string, Promise<string>>()

  /** @param root directory of all templates */
  constructor(root: () => string, removeAtDeath: (directory: string) => void) {
    this.#root = root
    this.#removeAtDeath = removeAtDeath
  }

  /** @returns the directory of the host with its content. It is made when it is not there; a failure is that of `make` */
  async get(request: TemplateRequest): Promise<string> {
    const key = await keyOf(request)
    let made = this.#making.get(key)
    if (made === undefined) {
      made = this.#find(key, request)
      this.#making.set(key, made)
      const forget = (): boolean => this.#making.delete(key)
      made.then(forget, forget)
    }
    return made
  }

  async #find(key: string, request: TemplateRequest): Promise<string> {
    const place = join(this.#root(), key)
    const now = new Date()
    const isThere = await utimes(place, now, now).then(
      () => true,
      () => false,
    )
    if (!isThere) await this.#make(place, request)
    return join(place, CONTENT)
  }

  async #make(place: string, { spec, make }: TemplateRequest): Promise<void> {
    const unfinished = `${place}.${process.pid}-${randomBytes(4).toString('hex')}`
    const content = join(unfinished, CONTENT)
    this.#removeAtDeath(unfinished)
    await mkdir(content, { recursive: true })
    try {
      await give(content, spec.user)
      await make(content)
      await rename(unfinished, place).catch(async (error) => {
        // Another run was faster.
        if (!(await stat(place).catch(() => undefined))) throw error
      })
    } finally {
      await rm(unfinished, { recursive: true, force: true })
    }
    await this.#sweep()
  }

  async #sweep(): Promise<void> {
    for (const name of await readdir(this.#root())) {
      const place = join(this.#root(), name)
      const status = await stat(place).catch(() => undefined)
      if (status && Date.now() - status.mtimeMs > KEPT_MS) await rm(place, { recursive: true, force: true })
    }
  }
}

/** Its owner and mode are the command's to choose; the directory around it stays ours. */
const CONTENT = 'content'

/** On disk the ids are those inside where real root makes it; an ordinary user can only give it to all. */
async function give(directory: string, { uid, gid }: ContainerSpec['user']): Promise<void> {
  if (hasPowerOverHost()) await chown(directory, uid, gid)
  else if (uid !== process.getuid?.()) await chmod(directory, 0o777)
}

async function keyOf({ spec, mountPath }: TemplateRequest): Promise<string> {
  const { command, env, user, workingDir } = spec
  const program = await programOf(command === 'forked' ? '' : command[0], env.PATH ?? '')
  const all = [FORMAT, command, env, user, workingDir, mountPath, program, process.getuid?.()]
  return createHash('sha256').update(JSON.stringify(all)).digest('hex').slice(0, 32)
}

/** An upgrade of the program is a new file. */
async function programOf(name: string, path: string): Promise<readonly unknown[]> {
  const candidates = name.includes('/') ? [name] : path.split(delimiter).map((directory) => join(directory, name))
  for (const candidate of candidates) {
    const status = await stat(candidate).catch(() => undefined)
    if (status?.isFile()) return [candidate, status.size, status.mtimeMs]
  }
  return []
}

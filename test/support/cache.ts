import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import process from 'node:process'

/** Where downloads and installations outlive a run: a directory of the user's, never of the checkout. */
export const cacheRoot = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'vitest-pool-mydocker-test')

/**
 * A directory of the cache, made by `fill` unless it is there. Whole or absent: it is filled under another name and renamed,
 * so that an interrupted run leaves nothing half done and two runs at once do no harm.
 */
export async function cached(name: string, fill: (directory: string) => Promise<void>): Promise<string> {
  const directory = join(cacheRoot, name)
  if (await exists(directory)) return directory
  await mkdir(dirname(directory), { recursive: true })
  const draft = await mkdtemp(join(dirname(directory), `.${basename(directory)}-`))
  try {
    await fill(draft)
    await rename(draft, directory).catch((error: unknown) => {
      // Another run was faster.
      if (!(error instanceof Error && 'code' in error && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST')))
        throw error
    })
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  return directory
}

/**
 * Removes what was made for earlier states of the sources, below one directory of the cache. Not at once: another run may be in it.
 * @param names what such directories are called
 */
export async function forgetOld(parent: string, names: RegExp, current: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const directory = join(parent, name)
    if (!names.test(name) || directory === current) continue
    const { mtimeMs } = await stat(directory)
    if (Date.now() - mtimeMs > ONE_DAY_MS) await rm(directory, { recursive: true, force: true })
  }
}

const ONE_DAY_MS = 24 * 60 * 60 * 1000

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}

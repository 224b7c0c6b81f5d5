import { createHash } from 'node:crypto'
import { chmod, cp, mkdtemp, readdir, readFile, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { cached, cacheRoot, forgetOld } from './cache.ts'
import { command } from './command.ts'
import type { Platform } from './platforms.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))

/** What `npm pack` needs of the repository. */
const packed = [
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'README.md',
  'LICENSE',
  'plugin',
  'runtime',
  'native',
  'schema',
]

/**
 * A directory whose `node_modules` holds one Vitest and this package, installed by npm from its tarball like at a user's.
 * Temporary projects are made below it: Node's resolution walks up. Made once for each state of the sources.
 */
export async function toolbox(vitest: Platform['vitest']): Promise<string> {
  const directory = await cached(`vitest-${vitest}-${await sourceDigest()}`, async (draft) => {
    const base = await vitestInstallation(vitest)
    await command('cp', ['-a', '--reflink=auto', `${base}/.`, draft])
    const tarball = await pack()
    await npm(draft, ['install', '--prefer-offline', tarball])
    await chmod(draft, 0o755)
  })
  // Sources change often while one works on them, and every state of them makes a toolbox of 150 MB.
  await forgetOld(cacheRoot, /^(vitest|package)-/, directory)
  return directory
}

async function vitestInstallation(vitest: Platform['vitest']): Promise<string> {
  const manifest = fileURLToPath(new URL(`toolbox/vitest-${vitest}`, import.meta.url))
  const lock = createHash('sha256').update(await readFile(join(manifest, 'package-lock.json')))
  return await cached(`base-${vitest}-${lock.digest('hex').slice(0, 12)}`, async (draft) => {
    await cp(manifest, draft, { recursive: true })
    // Not `npm ci`: it refuses when a registry mirror lacks the packages of some other operating system.
    await npm(draft, ['install', '--no-save'])
  })
}

/**
 * Packs a copy of the sources, so that the checkout's own `dist/` and `native/build/` stay as they are.
 * @returns path of the tarball
 */
export async function pack(): Promise<string> {
  const digest = await sourceDigest()
  const directory = await cached(`package-${digest}`, async (draft) => {
    const copy = await mkdtemp(join(tmpdir(), 'vitest-pool-mydocker-pack-'))
    try {
      for (const name of packed) {
        const filter = (path: string) => !path.endsWith('/native/build')
        if (await present(join(repository, name)))
          await cp(join(repository, name), join(copy, name), { recursive: true, filter })
      }
      await symlink(join(repository, 'node_modules'), join(copy, 'node_modules'))
      await npm(copy, ['pack', '--pack-destination', draft])
    } finally {
      await rm(copy, { recursive: true, force: true })
    }
  })
  const tarball = (await readdir(directory)).find((name) => name.endsWith('.tgz'))
  if (tarball === undefined) throw new Error(`npm pack left no tarball in ${directory}`)
  return join(directory, tarball)
}

/** Runs npm as a user would: without what `npm test` put into our environment. */
export async function npm(cwd: string, args: readonly string[]): Promise<string> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(?!config_cache)|^VITEST|^NODE_ENV$/.test(name)),
  )
  return await command('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], { cwd, env })
}

let digestOnce: Promise<string> | undefined
function sourceDigest(): Promise<string> {
  digestOnce ??= digestOf(packed.map((name) => join(repository, name)))
  return digestOnce
}

async function digestOf(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const path of paths) {
    if (!(await present(path))) continue
    for (const file of await filesBelow(path))
      hash
        .update(file)
        .update('\0')
        .update(await readFile(file))
        .update('\0')
  }
  return hash.digest('hex').slice(0, 12)
}

async function filesBelow(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path]
  const entries = await readdir(path, { withFileTypes: true })
  const below = entries
    .filter((entry) => entry.name !== 'build')
    .map((entry) => (entry.isDirectory() ? filesBelow(join(path, entry.name)) : [join(path, entry.name)]))
  return (await Promise.all(below)).flat().sort()
}

async function present(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}

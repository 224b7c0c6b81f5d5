import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { cached } from '../support/cache.ts'
import { command } from '../support/command.ts'
import { nodeBinary, type Platform } from '../support/platforms.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))

const ONE_DAY_MS = 24 * 60 * 60 * 1000

/** Where projects of one platform are made: Node's resolution finds everything by walking up from there. */
export interface Installation {
  readonly platform: Platform
  /** Projects go below it. */
  readonly directory: string
  /** Absolute paths of node, of Vitest's command and of this package. */
  readonly node: string
  readonly vitest: string
  readonly package: string
}

/**
 * Three `node_modules` one below the other, so that a change of this package costs no more than its own installation: what the
 * suites load, Vitest, and this package, which npm installs from its tarball like at a user's. Not the end-to-end tests' toolbox:
 * that is of the checkout's state only, and one may want to measure an older tarball.
 */
export async function install(platform: Platform, tarball: string): Promise<Installation> {
  const modules = fileURLToPath(new URL('modules', import.meta.url))
  const manifest = fileURLToPath(new URL(`../support/toolbox/vitest-${platform.vitest}`, import.meta.url))
  const base = `bench-modules-${await digest(join(modules, 'package-lock.json'))}`
  await installed(base, modules)
  const vitest = join(base, `vitest-${platform.vitest}-${await digest(join(manifest, 'package-lock.json'))}`)
  const vitestDirectory = await installed(vitest, manifest)
  const directory = await cached(join(vitest, `package-${await digest(tarball)}`), async (draft) => {
    await writeFile(join(draft, 'package.json'), '{ "private": true }\n')
    // Vitest, its peer, is the one above.
    await npm(draft, ['install', '--no-save', '--prefer-offline', '--legacy-peer-deps', tarball])
  })
  await forgetOld(directory)
  return {
    platform,
    directory,
    node: await nodeBinary(platform.node),
    vitest: join(vitestDirectory, 'node_modules/vitest/vitest.mjs'),
    package: join(directory, 'node_modules/vitest-pool-mydocker'),
  }
}

async function installed(name: string, manifest: string): Promise<string> {
  return await cached(name, async (draft) => {
    await cp(manifest, draft, { recursive: true })
    // Not `npm ci`: it refuses when a registry mirror lacks the packages of some other operating system.
    await npm(draft, ['install', '--no-save'])
  })
}

/**
 * Builds and packs what the checkout holds, in a copy, so that its own `dist/` and `native/build/` stay as they are.
 * @returns path of the tarball, below `directory`
 */
export async function pack(directory: string): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'vitest-pool-mydocker-pack-'))
  try {
    const listed = await command('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: repository,
    })
    const present = new Set(await readdir(repository))
    for (const name of listed.split('\0').filter((path) => path !== '' && present.has(path.split('/')[0] ?? ''))) {
      await mkdir(dirname(join(copy, name)), { recursive: true })
      await cp(join(repository, name), join(copy, name)).catch(ignoreDeleted)
    }
    await symlink(join(repository, 'node_modules'), join(copy, 'node_modules'))
    await npm(copy, ['pack', '--pack-destination', directory])
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
  const tarball = (await readdir(directory)).find((name) => name.endsWith('.tgz'))
  if (tarball === undefined) throw new Error(`npm pack left no tarball in ${directory}`)
  return join(directory, tarball)
}

/** Git lists what was deleted and not yet committed. */
function ignoreDeleted(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
}

/** Every state of the sources makes an installation. Not at once: another benchmark may run in it. */
async function forgetOld(directory: string): Promise<void> {
  for (const name of await readdir(dirname(directory))) {
    const other = join(dirname(directory), name)
    if (!/^package-[0-9a-f]+$/.test(name) || other === directory) continue
    const { mtimeMs } = await stat(other)
    if (Date.now() - mtimeMs > ONE_DAY_MS) await rm(other, { recursive: true, force: true })
  }
}

async function digest(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
    .slice(0, 12)
}

/** Runs npm as a user would: without what `npm run` put into our environment. */
async function npm(cwd: string, args: readonly string[]): Promise<void> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(?!config_cache)|^NODE_ENV$/.test(name)),
  )
  await command('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], { cwd, env })
}

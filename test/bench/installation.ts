import { createHash } from 'node:crypto'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cached, forgetOld } from '../support/cache.ts'
import { nodeBinary, type Platform } from '../support/platforms.ts'
import { npm } from '../support/toolbox.ts'

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
  await forgetOld(dirname(directory), /^package-[0-9a-f]+$/, directory)
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

async function digest(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
    .slice(0, 12)
}

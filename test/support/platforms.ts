import { chmod, copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { cached } from './cache.ts'
import { command } from './command.ts'

/** One combination of Vitest and Node that this package promises to work on. */
export interface Platform {
  readonly vitest: '4.1' | '5.1'
  /** A release of Node from the npm registry, or the one that runs the tests. */
  readonly node: 'machine' | keyof typeof nodeReleases
}

/** The last releases when this was written; both architectures have them. */
const nodeReleases = { 20: '20.20.2', 22: '22.23.3', 24: '24.21.0', 26: '26.10.0' } as const

/** What every end-to-end test runs on. */
export const platforms: readonly Platform[] = [
  { vitest: '4.1', node: 'machine' },
  { vitest: '5.1', node: 24 },
]

/** For `describe.each(onPlatforms)('%s: …', (_name, platform) => …)`. */
export const onPlatforms = named(platforms)

/** Every supported combination: Vitest 4.1 needs Node 20, 5.1 needs 22.12. */
export const matrix: readonly Platform[] = [
  { vitest: '4.1', node: 20 },
  { vitest: '4.1', node: 22 },
  { vitest: '4.1', node: 24 },
  { vitest: '4.1', node: 26 },
  { vitest: '5.1', node: 22 },
  { vitest: '5.1', node: 24 },
  { vitest: '5.1', node: 26 },
]

export function named(list: readonly Platform[]): [name: string, platform: Platform][] {
  return list.map((platform) => [`Vitest ${platform.vitest}, Node ${platform.node}`, platform])
}

/** Absolute path of a platform's node binary; downloaded once from npm's `node-linux-<arch>`. */
export async function nodeBinary(node: Platform['node']): Promise<string> {
  if (node === 'machine') return process.execPath
  const release = `node-linux-${process.arch}@${nodeReleases[node]}`
  const directory = await cached(release, async (draft) => {
    const download = await mkdtemp(join(tmpdir(), 'node-release-'))
    try {
      await command('npm', ['pack', release, '--silent', '--pack-destination', download], { cwd: download })
      await command('sh', ['-c', 'tar -xzf *.tgz package/bin/node'], { cwd: download })
      await copyFile(join(download, 'package/bin/node'), join(draft, 'node'))
      await chmod(join(draft, 'node'), 0o755)
      await chmod(draft, 0o755)
    } finally {
      await rm(download, { recursive: true, force: true })
    }
  })
  return join(directory, 'node')
}

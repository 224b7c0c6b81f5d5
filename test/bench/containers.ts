import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { command, tryCommand } from '../support/command.ts'
import type { Installation } from './installation.ts'
import { parseStarts, type Starts } from './results.ts'

const isRoot = process.getuid?.() === 0

/** Debian's package of each program. */
const packages = { crun: 'crun', bwrap: 'bubblewrap', podman: 'podman' } as const

/**
 * A mount namespace of the measurements' own. The root of the host is there a second time, at $1. crun 1.8 refuses a host that has mounted a
 * cgroup2 beside those of version 1 (and we touch no cgroup in it): that mount is missing there, for all.
 */
const NAMESPACE = `set -e
mount --bind / "$1"
if [ "$(stat --file-system --format %T /sys/fs/cgroup/unified 2>/dev/null)" = cgroup2fs ]; then umount /sys/fs/cgroup/unified; fi
shift
exec "$@"`

/**
 * Containers of /bin/true, alone and as many at a time as there are cores.
 * Programs that are missing and cannot be installed fail for themselves.
 */
export async function measureStarts(installation: Installation, temporary: string, rounds: number): Promise<Starts[]> {
  if (!isRoot) throw new Error('container starts are compared as root: others than ours need what only root may do')
  await installPrograms()
  const root = join(temporary, 'root')
  await mkdir(root)
  const driver = fileURLToPath(new URL('container-driver.ts', import.meta.url))
  const node = [process.execPath, ...process.execArgv, driver]
  const output = await command('unshare', [
    ...['--mount', '--propagation=private', 'bash', '-c', NAMESPACE, 'bash', root],
    ...[...node, installation.directory, temporary, root, String(rounds)],
  ])
  return parseStarts(output)
}

async function installPrograms(): Promise<void> {
  const missing: string[] = []
  for (const [program, name] of Object.entries(packages))
    if ((await tryCommand('sh', ['-c', 'command -v "$1"', 'sh', program])).exitCode !== 0) missing.push(name)
  if (missing.length === 0) return
  process.stderr.write(`Installing ${missing.join(' ')} …\n`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  await tryCommand('apt-get', ['update', '--quiet'])
  for (const name of missing)
    await tryCommand('apt-get', ['install', '--quiet', '--yes', '--no-install-recommends', name], { env })
}

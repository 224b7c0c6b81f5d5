import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { isWithin } from '../../runtime/mountinfo.ts'
import { packageDirectory } from '../../runtime/package.ts'
import { temporaryDirectory } from '../support/container.ts'
import { type Survey, survey } from './survey.ts'

/**
 * What podman sees of this host. Its locks are in /dev/shm, whatever directories it is given. crun refuses a hybrid hierarchy whose
 * unified half has controllers: ours are v1's, so that half is taken away.
 */
const APART =
  'mount -t tmpfs tmpfs /dev/shm; ! mountpoint -q /sys/fs/cgroup/unified || umount /sys/fs/cgroup/unified; exec "$@"'

/** Where there is nothing but cgroup v2. */
export const isUnified = existsSync('/sys/fs/cgroup/cgroup.controllers')

/**
 * Surveys the inside of `podman run` with these options.
 * @param first a script that runs inside before
 */
export async function podman(options: readonly string[], first = ':'): Promise<Survey> {
  const room = temporaryDirectory()
  const { root, volumes } = image(room)
  const own = (name: string): string => path.join(room, name)
  const command = [
    ...['podman', '--root', own('storage'), '--runroot', own('run'), '--tmpdir', own('libpod')],
    ...['--cgroup-manager=cgroupfs', 'run', '--rm', '--network=none', ...cgroup()],
    // The default is more than a machine without CAP_SYS_RESOURCE may ask for.
    ...['--ulimit=nofile=1024:1024', '--ulimit=nproc=1024:1024'],
    ...volumes.flatMap((place) => ['--volume', `${place}:${place}:ro`]),
    ...['--workdir=/work', ...options, '--rootfs', root, 'sh', '-c', `${first}; exec "$@"`, 'sh'],
  ]
  return await survey(['unshare', '--mount', 'sh', '-c', APART, 'sh', ...command], '/')
}

/** A cgroup beside ours. On v1 it stays in ours: podman would make its own at the top of each hierarchy. */
function cgroup(): readonly string[] {
  if (!isUnified) return ['--cgroups=disabled']
  const own = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '/'
  return [`--cgroup-parent=${path.dirname(own)}`]
}

/** A root file system with the programs of this host, which are mounted into it. */
function image(room: string): { root: string; volumes: readonly string[] } {
  const root = path.join(room, 'root')
  for (const name of ['dev', 'etc', 'proc', 'root', 'run', 'sys', 'tmp', 'usr', 'var/tmp', 'work'])
    mkdirSync(path.join(root, name), { recursive: true })
  for (const name of ['passwd', 'group', 'ld.so.cache'])
    if (existsSync(`/etc/${name}`)) copyFileSync(`/etc/${name}`, path.join(root, 'etc', name))
  // As in an image that was made from an export of Docker's.
  writeFileSync(path.join(root, '.dockerenv'), '')
  const volumes = ['/usr']
  for (const place of ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']) {
    const status = lstatSync(place, { throwIfNoEntry: false })
    if (status?.isSymbolicLink()) symlinkSync(readlinkSync(place), path.join(root, place))
    else if (status) volumes.push(place)
  }
  const needed = [packageDirectory, path.dirname(process.execPath)]
  return { root, volumes: [...volumes, ...needed.filter((place) => !isWithin(place, '/usr'))] }
}

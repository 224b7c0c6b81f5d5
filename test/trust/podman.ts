import { copyFileSync, existsSync, lstatSync, mkdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { isWithin } from '../../runtime/mountinfo.ts'
import { packageDirectory } from '../../runtime/package.ts'
import { temporaryDirectory } from '../support/container.ts'
import { type Survey, survey } from './survey.ts'

/** crun refuses a hybrid hierarchy whose unified half has controllers: ours are v1's, so it is taken away, for podman alone. */
const WITHOUT_UNIFIED = '! mountpoint -q /sys/fs/cgroup/unified || umount /sys/fs/cgroup/unified; exec "$@"'

/** Surveys the inside of `podman run` with these options. */
export async function podman(options: readonly string[]): Promise<Survey> {
  const room = temporaryDirectory()
  const { root, volumes } = image(room)
  const own = (name: string): string => path.join(room, name)
  const command = [
    ...['podman', '--root', own('storage'), '--runroot', own('run'), '--tmpdir', own('libpod'), 'run', '--rm'],
    ...['--network=none', '--cgroups=disabled'],
    // The default is more than a machine without CAP_SYS_RESOURCE may ask for.
    ...['--ulimit=nofile=1024:1024', '--ulimit=nproc=1024:1024'],
    ...volumes.flatMap((place) => ['--volume', `${place}:${place}:ro`]),
    ...['--workdir=/work', ...options, '--rootfs', root],
  ]
  return await survey(['unshare', '--mount', 'sh', '-c', WITHOUT_UNIFIED, 'sh', ...command], '/')
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

import { spawnSync } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'
import { packageDirectory } from '../../runtime/package.ts'
import { temporaryDirectory } from '../support/container.ts'

// crun CVE-2026-47766 and runc CVE-2026-41579: devices were made where /dev of the root led to.

const command = path.join(packageDirectory, 'dist/runtime/cli/main.js')
/** Makes a root of its own, a copy of the host's, in which /dev is a symbolic link, and runs a container there. */
const SCRIPT = `
  [ "$(readlink /proc/self/ns/mnt)" != "$1" ] || { echo "not inside" >&2; exit 1; }
  mount -t tmpfs tmpfs "$2" && cd "$2" && mkdir upper work root && \
  mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root && cd root && \
  mv dev dev.was && mkdir devices victim old && ln -s "$3" dev && \
  mount --rbind /dev devices && mount --rbind /proc proc && mount --rbind /sys sys && \
  pivot_root . old && umount -l old && cd / || exit 1
  "$4" "$5" run --no-strict -- true
  ls /victim`

test.each(['devices', '/devices', 'devices/../devices'])('mount destinations: /dev that is a link to %s', (target) => {
  const { stdout, stderr } = spawnSync(
    'unshare',
    [
      ...['--mount', '--propagation', 'private', 'sh', '-c', SCRIPT, 'sh'],
      ...[readlinkSync('/proc/self/ns/mnt'), temporaryDirectory(), target, process.execPath, command],
    ],
    { encoding: 'utf8' },
  )
  expect(stderr).toMatch(/^mydocker: mount point: .*\/dev.*ELOOP/)
  expect(stdout).toBe('')
})

import { spawnSync } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'
import { packageDirectory } from '../../runtime/package.ts'
import { temporaryDirectory } from '../support/container.ts'

// crun CVE-2026-47766 and runc CVE-2026-41579: devices were made where /dev of the root led to.

const command = path.join(packageDirectory, 'dist/plugin/cli/main.js')
/** Makes a root of its own, of the host's directories, in which /dev is a symbolic link, and runs a container there. */
const SCRIPT = `
  [ "$(readlink /proc/self/ns/mnt)" != "$1" ] || { echo "not inside" >&2; exit 1; }
  mount -t tmpfs tmpfs "$2" && mkdir "$2/devices" "$2/victim" "$2/old" && mount --rbind /dev "$2/devices" || exit 1
  for entry in /*; do
    if [ -L "$entry" ]; then cp -P "$entry" "$2$entry"
    elif [ -d "$entry" ] && [ "$entry" != /dev ]; then mkdir "$2$entry" && mount --rbind "$entry" "$2$entry" || exit 1
    fi
  done
  ln -s "$3" "$2/dev" && cd "$2" && pivot_root . old && umount -l old && cd / || exit 1
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

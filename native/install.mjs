// Builds libmydocker.so and mydocker-init with node-gyp. Anywhere but on Linux there is nothing to build: the package
// installs, and says at config time that it needs Linux.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

if (process.platform !== 'linux') process.exit(0)

// Headers that came with this Node spare node-gyp a download.
const prefix = path.dirname(path.dirname(process.execPath))
const ownHeaders = existsSync(path.join(prefix, 'include/node/common.gypi')) ? ['--nodedir', prefix] : []
const nodeGyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js')
const directory = fileURLToPath(new URL('.', import.meta.url))
const { status } = spawnSync(
  process.execPath,
  [nodeGyp, 'rebuild', '--loglevel=error', '--directory', directory, ...ownHeaders],
  { stdio: 'inherit' },
)
if (status !== 0) {
  console.error(
    'vitest-pool-mydocker: its native helper could not be compiled. It needs a C compiler, make and Python:\n' +
      '  Debian, Ubuntu:  apt-get install gcc g++ make python3 libc6-dev\n' +
      '  Fedora:          dnf install gcc gcc-c++ make python3 glibc-static\n' +
      'Then: npm rebuild vitest-pool-mydocker',
  )
  process.exit(1)
}

// Builds libmydocker.so and mydocker-init with node-gyp. Anywhere but on Linux there is nothing to build: the package
// installs, and says at config time that it needs Linux.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

if (process.platform !== 'linux') process.exit(0)
const nodeGyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js')
const directory = fileURLToPath(new URL('.', import.meta.url))
const { status } = spawnSync(process.execPath, [nodeGyp, 'rebuild', '--silent', '--directory', directory], { stdio: 'inherit' })
if (status !== 0) {
  console.error(
    'vitest-pool-mydocker: its native helper could not be compiled. It needs a C compiler, make and Python:\n' +
      '  Debian, Ubuntu:  apt-get install gcc g++ make python3 libc6-dev\n' +
      '  Fedora:          dnf install gcc gcc-c++ make python3 glibc-static\n' +
      'Then: npm rebuild vitest-pool-mydocker',
  )
  process.exit(1)
}

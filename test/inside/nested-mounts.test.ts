import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'
import { packageDirectory } from '../../runtime/package.ts'
import { temporaryDirectory } from '../support/container.ts'
import { isRoot } from '../support/host.ts'

/** Runs in a mount namespace of the test's own, with two mounts made there, and tells what a container sees of them. */
const PROGRAM = `
  import { readFileSync } from 'node:fs'
  import { openEngine } from '${packageDirectory}/dist/runtime/index.js'
  const [directory] = process.argv.slice(1)
  const engine = await openEngine({ strict: false, onEvent() {} })
  const container = await engine.create({
    name: 'a', hostname: 'box', env: { PATH: process.env.PATH }, workingDir: directory,
    command: ['/bin/sh', '-c', 'cat outer/file outer/inner/file; echo changed > outer/file; echo changed > outer/inner/file; echo new > outer/inner/new; cat outer/file outer/inner/file; ls outer/inner'],
    user: { uid: process.getuid(), gid: process.getgid() }, ephemeralStorage: 1 << 20, volumes: [], visible: [],
    network: 'none', hostPorts: [], limits: {}, stdio: 'pipe', channel: false,
  })
  container.stdout.pipe(process.stdout, { end: false })
  container.stderr.pipe(process.stdout, { end: false })
  await container.ended
  console.log('outside', readFileSync(directory + '/outer/file', 'utf8') + readFileSync(directory + '/outer/inner/file', 'utf8'))
  console.log((await container.changes()).map(({ kind, path }) => kind + ' ' + path.slice(directory.length)).sort().join())
  await engine.close()
`

test('mounts below mounts are visible, copy-on-write, and listed', () => {
  const directory = temporaryDirectory()
  mkdirSync(path.join(directory, 'outer'))
  const script = `
    set -e
    mount -t tmpfs outer outer; echo outer > outer/file
    mkdir outer/inner; mount -t tmpfs inner outer/inner; echo inner > outer/inner/file
    exec "$@"`
  const namespaces = isRoot ? ['--mount'] : ['--map-current-user', '--user', '--mount', '--keep-caps']
  const output = execFileSync(
    'unshare',
    [...namespaces, 'sh', '-c', script, 'sh', process.execPath, '--input-type=module', '-e', PROGRAM, directory],
    { cwd: directory, encoding: 'utf8' },
  )
  expect(output).toBe(
    'outer\ninner\nchanged\nchanged\nfile\nnew\noutside outer\ninner\n\n' +
      'added /outer/inner/new,modified /outer/file,modified /outer/inner/file\n',
  )
})

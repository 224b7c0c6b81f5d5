import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { packageDirectory } from '../../runtime/package.ts'
import { mounts } from '../support/leftovers.ts'
import { injecting } from './inject.ts'

// Root's: an ordinary user needs no_new_privs for a filter, and newuidmap the opposite.

const command = path.join(packageDirectory, 'dist/runtime/cli/main.js')
const [EPERM, ENOSYS] = [1, 38]

/** Runs `mydocker run` where a system call fails. */
async function runWith(call: string, errno: number): Promise<{ output: string; errors: string; exitCode: unknown }> {
  const [program = '', ...args] = [
    ...injecting([call], errno),
    ...[process.execPath, command, 'run', '--no-strict', '--', 'echo', 'ran'],
  ]
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' })
  const [output, errors, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { output, errors, exitCode }
}

test.each([
  ['unshare', 'mount namespace'],
  ['sethostname', 'hostname'],
  ['setresgid', 'user namespace'],
  ['setresuid', 'user namespace'],
  ['mount', 'mount namespace'],
  ['chdir', 'mount namespace'],
  ['open_tree', 'layer'],
  ['move_mount', 'tmpfs'],
  ['mount_setattr', 'layer'],
  ['fsopen', 'tmpfs'],
  ['fsconfig', 'tmpfs'],
  ['fsmount', 'tmpfs'],
  ['pivot_root', 'pivot_root'],
  ['umount2', 'pivot_root'],
  ['socket', 'loopback'],
  ['setsid', 'supervisor'],
  ['setgroups', 'user'],
  ['capset', 'capabilities'],
  ['seccomp', 'seccomp'],
] as const)('a call of the set-up is refused: %s', async (call, stage) => {
  const before = mounts()
  const { output, errors, exitCode } = await runWith(call, EPERM)
  expect(output).toBe('')
  expect(errors).toMatch(new RegExp(`^mydocker: ${stage}: .*EPERM\\n`, 'm'))
  expect(exitCode).not.toBe(0)
  expect(mounts()).toEqual(before)
})

test.each(['fsopen', 'mount_setattr', 'close_range', 'clone3', 'openat2', 'io_uring_setup', 'statx'])(
  'a call that older kernels lack is done without: %s',
  async (call) => {
    const { output, errors, exitCode } = await runWith(call, ENOSYS)
    expect(output, errors).toBe('ran\n')
    expect(exitCode).toBe(0)
  },
)

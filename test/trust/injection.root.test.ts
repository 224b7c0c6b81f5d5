import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { packageDirectory } from '../../runtime/package.ts'
import { cgroupsOfRun, mounts, untilEmpty } from '../support/leftovers.ts'
import { injecting } from './inject.ts'

// Root's: an ordinary user needs no_new_privs for a filter, and newuidmap the opposite.

const command = path.join(packageDirectory, 'dist/plugin/cli/main.js')
const [KILL, EPERM, ENOSYS] = [0, 1, 38]

interface Outcome {
  readonly output: string
  readonly errors: string
  readonly exitCode: unknown
  readonly pid: number
}

/** Runs `mydocker run` where a system call fails. */
async function runWith(call: string, errno: number): Promise<Outcome> {
  const [program = '', ...args] = [
    ...injecting([call], errno),
    ...[process.execPath, command, 'run', '--no-strict', '--', 'echo', 'ran'],
  ]
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' })
  const [output, errors, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { output, errors, exitCode, pid: child.pid ?? 0 }
}

const SET_UP = [
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
] as const

/** Made between fork and execve. */
const BY_COMMAND = new Set<string>(['setgroups', 'seccomp'])

test.each(SET_UP)('a call of the set-up is refused: %s', async (call, stage) => {
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

// Node itself makes sockets.
test.each(SET_UP.map(([call]) => call).filter((call) => call !== 'socket'))(
  'killed at a call of the set-up: %s',
  async (call) => {
    const before = mounts()
    const { output, errors, exitCode, pid } = await runWith(call, KILL)
    expect(output).toBe('')
    // The process that was to become the command is told from others by its exit status: 128 + SIGSYS.
    if (BY_COMMAND.has(call)) expect(exitCode, errors).toBe(159)
    else expect(errors).toMatch(/^mydocker: supervisor: .*(ended before its command was started|is gone)/m)
    expect(exitCode).not.toBe(0)
    expect(mounts()).toEqual(before)
    expect(await untilEmpty(() => cgroupsOfRun(pid))).toEqual([])
  },
)

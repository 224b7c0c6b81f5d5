import process from 'node:process'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { SYSCALLS } from '../../runtime/seccomp/syscalls.ts'
import { openForTest, run, shell, specOf } from '../support/container.ts'
import { begin, forkingModule, openZygote } from '../support/forks.ts'

const EPERM = 1
const ENOSYS = 38

/** Perl is on every Debian, and makes any call; prints its errno, 0 for success. */
function perl(calls: readonly (readonly [number: number, ...args: number[]])[]): readonly [string, ...string[]] {
  const statements = calls.map((args) => `$! = 0; syscall(${args.join(', ')}); print $! + 0, "\\n";`)
  return ['/usr/bin/perl', '-e', statements.join(' ')]
}

function numberOf(name: string): number {
  return SYSCALLS[name]?.[process.arch === 'arm64' ? 1 : 0] ?? Number.NaN
}

/** What an attacker needs of the kernel; with arguments by which it would succeed or fail otherwise than with EPERM, even without power. */
const DENIED = {
  unshare: [0x10000000],
  setns: [-1, 0],
  mount: [0, 0, 0, 0, 0],
  umount2: [0, 0],
  pivot_root: [0, 0],
  open_tree: [-1, 0, 0],
  move_mount: [-1, 0, -1, 0, 0],
  fsopen: [0, 0],
  mount_setattr: [-1, 0, 0, 0, 0],
  add_key: [0, 0, 0, 0, 0],
  keyctl: [0, -3, 0],
  request_key: [0, 0, 0, 0],
  bpf: [0, 0, 0],
  perf_event_open: [0, 0, 0, 0, 0],
  userfaultfd: [1],
  open_by_handle_at: [-1, 0, 0],
  kcmp: [1, 1, 0, 0, 0],
  pidfd_getfd: [-1, 0, 0],
  init_module: [0, 0, 0],
  kexec_load: [0, 0, 0, 0],
  swapon: [0, 0],
  syslog: [3, 0, 0],
  quotactl: [0, 0, 0, 0],
  settimeofday: [0, 0],
  clock_settime: [0, 0],
  sethostname: [0, 0],
  lookup_dcookie: [0, 0, 0],
  fanotify_init: [0, 0],
} as const

test('a call that is not in the profile fails with EPERM, and is named', async () => {
  const { engine } = await openForTest()
  const names = Object.keys(DENIED)
  const calls = Object.entries(DENIED).map(([name, args]) => [numberOf(name), ...args] as const)
  const { output, status } = await run(engine, perl(calls))
  expect(output.trim().split('\n').map(Number)).toEqual(names.map(() => EPERM))
  expect(status.deniedCalls).toEqual(names.map((syscall) => ({ syscall, command: 'perl', pid: 2 })))
})

test('a call that is denied for its arguments is named too', async () => {
  const { engine } = await openForTest()
  const [CLONE_NEWUSER, AF_ALG, AF_VSOCK, AF_UNIX, ADDR_NO_RANDOMIZE] = [0x10000000, 38, 40, 1, 0x40000]
  const { output, status } = await run(
    engine,
    perl([
      [numberOf('clone'), CLONE_NEWUSER | 17, 0],
      [numberOf('socket'), AF_ALG, 5, 0],
      [numberOf('socket'), AF_VSOCK, 1, 0],
      [numberOf('socket'), AF_UNIX, 1, 0],
      [numberOf('personality'), ADDR_NO_RANDOMIZE],
      [numberOf('personality'), 0],
    ]),
  )
  expect(output.trim().split('\n').map(Number)).toEqual([EPERM, EPERM, EPERM, 0, EPERM, 0])
  expect(status.deniedCalls.map(({ syscall }) => syscall)).toEqual(['clone', 'socket', 'personality'])
})

test('a call that callers can do without does not exist', async () => {
  const { engine } = await openForTest()
  const X32 = 0x40000000
  const { output, status } = await run(
    engine,
    perl([[numberOf('clone3'), 0, 0], [numberOf('io_uring_setup'), 1, 0], [600], [X32 + 39]]),
  )
  expect(output.trim().split('\n').map(Number)).toEqual([ENOSYS, ENOSYS, ENOSYS, ENOSYS])
  expect(status.deniedCalls).toEqual([])
})

test('the filter is on every process of the command, and cannot be taken off', async () => {
  const { engine } = await openForTest()
  const script = `grep -h ^Seccomp: /proc/self/status /proc/$$/status
    perl -e '$! = 0; syscall(${numberOf('seccomp')}, 0, 0, 0); print $! + 0, "\\n"'
    perl -e 'fork; wait; $! = 0; syscall(${numberOf('unshare')}, 0x10000000); print $! + 0, "\\n"'`
  const { output, status } = await shell(engine, script)
  // seccomp(2): EINVAL when another mode is in force.
  expect(output).toBe('Seccomp:\t2\nSeccomp:\t2\n22\n1\n1\n')
  expect(status.deniedCalls).toHaveLength(1)
})

test('ten thousand denied calls of many processes are all answered', async () => {
  const { engine } = await openForTest()
  const each = `for (1..1000) { $! = 0; syscall(${numberOf('unshare')}, 0x10000000); $n++ if $! == 1 } print "$n\\n"`
  const { output } = await shell(engine, `for i in 1 2 3 4 5 6 7 8 9 10; do perl -e '${each}' & done; wait`)
  expect(output.trim().split('\n')).toEqual(Array.from({ length: 10 }, () => '1000'))
})

test('a process that is killed while its call waits does not hold up the others', async () => {
  const { engine } = await openForTest()
  const loop = `syscall(${numberOf('unshare')}, 0x10000000) while 1`
  const script = `for i in 1 2 3 4 5; do timeout -s KILL 0.1 perl -e '${loop}'; done; perl -e '${loop.replace(' while 1', '')}; print $! + 0'`
  expect((await shell(engine, script)).output).toMatch(/1$/)
})

test('a fork of a zygote has the filter', async () => {
  const { engine } = await openForTest()
  const [program, ...args] = perl([[numberOf('unshare'), 0x10000000]])
  const zygote = openZygote(
    forkingModule({
      each: `return [fs.readFileSync('/proc/self/status', 'utf8').match(/^Seccomp:.*/m)[0],
        require('node:child_process').spawnSync(${JSON.stringify(program)}, ${JSON.stringify(args)}, { encoding: 'utf8' }).stdout]`,
    }),
  )
  const prepared = await engine.prepare(specOf('forked', { channel: true }), zygote)
  await using container = prepared.container
  const answer = text(container.channel ?? process.stdin)
  await begin(prepared)
  expect(await answer).toBe('["Seccomp:\\t2","1\\n"]')
  expect((await container.ended).deniedCalls.map(({ syscall }) => syscall)).toEqual(['unshare'])
})

test('without a profile every call is left to the kernel', async () => {
  const { engine } = await openForTest()
  const { output, status } = await run(engine, perl([[numberOf('unshare'), 0x10000000]]), { seccomp: undefined })
  expect(output).toBe('0\n')
  expect(status.deniedCalls).toEqual([])
})

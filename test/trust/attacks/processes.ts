import { attacks } from '../attack.ts'

const DENIED = /^(EPERM|EACCES)$/

export const processes = attacks('processes', {
  'see processes of the host': {
    attempt: ({ fs }) => {
      const names = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))
      return (
        names
          .map((pid) => fs.readFileSync(`/proc/${pid}/comm`, 'utf8').trim())
          .filter((name) => /vitest|launch|janito/.test(name))
          .join() || 'none'
      )
    },
    held: /^none$/,
  },
  'kill the process that made the container': {
    attempt: ({ host, outcome }) => outcome(() => process.kill(host.pid, 0)),
    held: /^ESRCH$/,
  },
  'kill everything': {
    attempt: ({ sh }) => sh('perl -e \'$SIG{TERM} = "IGNORE"; kill("TERM", -1); print "tried"\''),
    held: /^(tried)?$/,
  },
  'kill PID 1': {
    attempt: ({ sh }) => sh('kill -KILL 1; kill -STOP 1; kill -SEGV 1; grep State /proc/1/status'),
    held: /State:\s+[SR]/,
  },
  'trace PID 1': {
    // PTRACE_ATTACH
    attempt: ({ call }) => call('ptrace', 16, 1, 0, 0),
    held: DENIED,
  },
  'trace a process of the host': {
    attempt: ({ call, host }) => call('ptrace', 16, host.pid, 0, 0),
    held: /^(EPERM|ESRCH)$/,
  },
  'write to the memory of PID 1': {
    // struct iovec: eight bytes at 4096.
    attempt: ({ call }) =>
      call(
        'process_vm_writev',
        1,
        `\0\x10${'\0'.repeat(6)}\x08${'\0'.repeat(7)}`,
        1,
        `\0\x10${'\0'.repeat(6)}\x08${'\0'.repeat(7)}`,
        1,
        0,
      ),
    held: DENIED,
  },
  'read the memory of PID 1': {
    attempt: ({ fs, outcome }) => outcome(() => fs.openSync('/proc/1/mem', 'r')),
    held: DENIED,
  },
  'read the environment of PID 1': {
    attempt: ({ fs, outcome }) => outcome(() => fs.readFileSync('/proc/1/environ')),
    held: DENIED,
  },
  'write to the program of PID 1': {
    attempt: ({ fs, outcome }) => outcome(() => fs.openSync('/proc/1/exe', 'r+')),
    held: DENIED,
  },
  'enter the root of PID 1': {
    attempt: ({ fs, outcome }) => outcome(() => fs.readdirSync('/proc/1/root/')),
    held: DENIED,
  },
  'take a descriptor of PID 1': {
    // To list their numbers is allowed by kernels before 6.6; those that it has are not to be had.
    attempt: ({ fs, outcome }) => {
      const numbers = Array.from({ length: 32 }, (_, fd) => fd)
      const outcomes = numbers.map((fd) => outcome(() => fs.openSync(`/proc/1/fd/${fd}`, 'r')))
      const taken = numbers.filter((fd) => outcomes[fd] === 'ok')
      return taken.length > 0 ? `taken: ${taken}` : (outcomes.find((each) => each !== 'ENOENT') ?? 'none seen')
    },
    held: DENIED,
  },
  'take a descriptor by its process (pidfd_getfd)': {
    attempt: ({ call }) => call('pidfd_getfd', 0, 4, 0),
    held: DENIED,
  },
  'stop the session of others': {
    attempt: ({ fs }) => {
      const [, , group, session] = fs.readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? []
      return group === '0' || session === '0' ? `group ${group}, session ${session} of the host` : 'its own'
    },
    held: /^its own$/,
  },
  'type into the terminal of the host': {
    attempt: ({ sh }) => sh('exec </dev/tty && perl -e \'ioctl(STDIN, 0x5412, "x") and print "typed"\''),
    held: /No such device|cannot open|can't open/,
  },
})

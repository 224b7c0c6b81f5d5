import { attacks } from '../attack.ts'

const DENIED = /^(EPERM|EACCES)$/

export const kernel = attacks('namespaces and kernel', {
  'share a namespace with the host': {
    attempt: ({ fs, host }) =>
      Object.entries(host.namespaces)
        .filter(([name, id]) => fs.readlinkSync(`/proc/self/ns/${name}`) === id)
        .map(([name]) => name)
        .join() || 'none',
    held: /^none$/,
  },
  'make a user namespace (unshare)': { attempt: ({ call }) => call('unshare', 0x10000000), held: DENIED },
  'make a user namespace (clone)': { attempt: ({ call }) => call('clone', 0x10000000 | 17, 0, 0, 0, 0), held: DENIED },
  'make a user namespace (clone3)': { attempt: ({ call }) => call('clone3', '\0'.repeat(88), 88), held: /^ENOSYS$/ },
  'enter a namespace of PID 1': {
    attempt: ({ fs, outcome }) => outcome(() => fs.openSync('/proc/1/ns/user', 'r')),
    held: DENIED,
  },
  'enter a namespace': { attempt: ({ call }) => call('setns', 0, 0), held: DENIED },
  'write a new id map': {
    attempt: ({ fs, outcome }) => outcome(() => fs.writeFileSync('/proc/self/uid_map', '0 0 1')),
    held: DENIED,
  },
  'add a key to a keyring of the host': {
    attempt: ({ call }) => call('add_key', 'user', 'attack', 'x', 1, -3),
    held: DENIED,
  },
  'search the keyrings of the host': {
    attempt: ({ call }) => call('request_key', 'user', 'secret', 0, -3),
    held: DENIED,
  },
  'use the session keyring': { attempt: ({ call }) => call('keyctl', 0, -3, 1), held: DENIED },
  'load a program into the kernel (bpf)': { attempt: ({ call }) => call('bpf', 0, '\0'.repeat(72), 72), held: DENIED },
  'use io_uring': { attempt: ({ call }) => call('io_uring_setup', 1, '\0'.repeat(120)), held: /^ENOSYS$/ },
  'handle page faults of the kernel': { attempt: ({ call }) => call('userfaultfd', 0), held: DENIED },
  'watch the machine by performance counters': {
    attempt: ({ call }) => call('perf_event_open', '\0'.repeat(128), -1, 0, -1, 0),
    held: DENIED,
  },
  'read the log of the kernel': { attempt: ({ call }) => call('syslog', 3, '\0'.repeat(16), 16), held: DENIED },
  'use system calls of 32 bits': {
    // x32: getpid with __X32_SYSCALL_BIT.
    attempt: ({ sh }) => sh('perl -e \'$! = 0; print syscall(0x40000000 + 39) < 0 ? 0 + $! : "made"\''),
    held: /^38$/,
  },
  'use the kernel’s cryptography by sockets': { attempt: ({ call }) => call('socket', 38, 5, 0), held: DENIED },
  'reach the hypervisor by sockets': { attempt: ({ call }) => call('socket', 40, 1, 0), held: DENIED },
  'turn off the randomisation of addresses': { attempt: ({ call }) => call('personality', 0x0040000), held: DENIED },
  'have the host name of the host': {
    attempt: ({ call }) => call('sethostname', 'attacked', 8),
    held: DENIED,
  },
  'use System V memory of the host': {
    attempt: ({ call, host }) => call('shmget', host.memoryKey, 1, 0),
    held: /^ENOENT$/,
  },
})

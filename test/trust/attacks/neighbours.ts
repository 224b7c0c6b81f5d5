import { attacks } from '../attack.ts'

export const neighbours = attacks('other containers', {
  'connect to a port of another one': {
    attempt: ({ connect, host }) => connect(host.neighbour.port),
    held: /^ECONNREFUSED$/,
  },
  'connect to an abstract socket of another one': {
    attempt: ({ connect, host }) => connect(`\0${host.neighbour.abstractSocket}`),
    held: /^ECONNREFUSED$/,
  },
  'connect to a socket in the file system of another one': {
    attempt: ({ connect, host }) => connect(host.neighbour.socket),
    held: /^ENOENT$/,
  },
  'read a file of another one': {
    attempt: ({ fs, host, outcome }) => outcome(() => fs.readFileSync(host.neighbour.file)),
    held: /^ENOENT$/,
  },
  'read a file of another one by its process': {
    attempt: ({ fs, host, outcome }) =>
      host.neighbour.pids
        .map((pid) => outcome(() => fs.readFileSync(`/proc/${pid}/root${host.neighbour.file}`)))
        .join(),
    held: /^ENOENT(,ENOENT)*$/,
  },
  'use System V memory of another one': {
    attempt: ({ call, host }) => call('shmget', host.neighbour.memoryKey, 1, 0),
    held: /^ENOENT$/,
  },
  'kill another one, or what forks for it': {
    attempt: ({ host, outcome }) =>
      host.neighbour.pids.map((pid) => outcome(() => process.kill(pid, 'SIGKILL'))).join(),
    held: /^ESRCH(,ESRCH)*$/,
  },
  'trace another one, or what forks for it': {
    // PTRACE_SEIZE
    attempt: ({ call, host }) => host.neighbour.pids.map((pid) => call('ptrace', 0x4206, pid, 0, 0)).join(),
    held: /^(EPERM|ESRCH)(,(EPERM|ESRCH))*$/,
  },
  'write to the memory of another one, or of what forks for it': {
    attempt: ({ fs, host, outcome }) =>
      host.neighbour.pids.map((pid) => outcome(() => fs.openSync(`/proc/${pid}/mem`, 'r+'))).join(),
    held: /^ENOENT(,ENOENT)*$/,
  },
  'open another one by its process (pidfd_open)': {
    attempt: ({ call, host }) => host.neighbour.pids.map((pid) => call('pidfd_open', pid, 0)).join(),
    held: /^ESRCH(,ESRCH)*$/,
  },
})

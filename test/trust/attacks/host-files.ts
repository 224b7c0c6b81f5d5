import { attacks } from '../attack.ts'

/** Inside it is a copy that changes. */
const COPIED = /^ok$/

export const hostFiles = attacks('files of the host', {
  'write to a file': {
    attempt: ({ fs, host, outcome }) => outcome(() => fs.writeFileSync(`${host.directory}/victim`, 'attacked')),
    held: COPIED,
  },
  'append to a file': {
    attempt: ({ fs, host, outcome }) => outcome(() => fs.appendFileSync(`${host.directory}/victim`, 'attacked')),
    held: COPIED,
  },
  'truncate a file': {
    attempt: ({ fs, host, outcome }) => outcome(() => fs.truncateSync(`${host.directory}/victim`, 0)),
    held: COPIED,
  },
  'write through a descriptor that was opened for reading': {
    attempt: ({ fs, host, outcome }) => {
      const fd = fs.openSync(`${host.directory}/victim`, 'r')
      return outcome(() => fs.writeFileSync(`/proc/self/fd/${fd}`, 'attacked'))
    },
    held: COPIED,
  },
  'write past the page cache (O_DIRECT)': {
    attempt: ({ sh, host }) =>
      sh(
        `dd if=/dev/zero of=${host.directory}/victim bs=4096 count=1 oflag=direct conv=notrunc,fsync status=none && echo ok`,
      ),
    held: /^ok$|Invalid argument/,
  },
  'write by a shared mapping': {
    attempt: ({ sh, host }) =>
      sh(
        `python3 -c 'import mmap; f = open("${host.directory}/victim", "r+b"); m = mmap.mmap(f.fileno(), 0); m[0:8] = b"attacked"; m.flush(); print("ok")'`,
      ),
    held: COPIED,
  },
  'replace a file by a rename': {
    attempt: ({ fs, host, outcome }) =>
      outcome(() => {
        fs.writeFileSync(`${host.directory}/new`, 'attacked')
        fs.renameSync(`${host.directory}/new`, `${host.directory}/victim`)
      }),
    held: COPIED,
  },
  'delete a file': {
    attempt: ({ fs, host, outcome }) => outcome(() => fs.unlinkSync(`${host.directory}/victim`)),
    held: COPIED,
  },
  'delete everything': {
    attempt: ({ fs, host, outcome }) => outcome(() => fs.rmSync(host.directory, { recursive: true, maxRetries: 2 })),
    held: /^(ok|ENOTEMPTY|EIO|EXDEV|EBUSY)$/,
  },
  'change a mode': {
    attempt: ({ fs, host, outcome }) => outcome(() => fs.chmodSync(`${host.directory}/victim`, 0o4777)),
    held: COPIED,
  },
  'change an owner': {
    attempt: ({ fs, host, outcome }) => outcome(() => fs.chownSync(`${host.directory}/victim`, 12, 12)),
    held: /^(ok|EPERM|EINVAL)$/,
  },
  'change the times': {
    attempt: ({ fs, host, outcome }) => outcome(() => fs.utimesSync(`${host.directory}/victim`, 1, 1)),
    held: COPIED,
  },
  'set an extended attribute': {
    // user.attacked = x
    attempt: ({ call, host }) => call('setxattr', `${host.directory}/victim`, 'user.attacked', 'x', 1, 0),
    held: /^(ok|EOPNOTSUPP)$/,
  },
  'write to a file by another name (hard link)': {
    attempt: ({ fs, host, outcome }) =>
      outcome(() => {
        fs.linkSync(`${host.directory}/victim`, `${host.directory}/alias`)
        fs.writeFileSync(`${host.directory}/alias`, 'attacked')
      }),
    held: COPIED,
  },
  'write to a file through a symbolic link': {
    attempt: ({ fs, host, outcome }) =>
      outcome(() => {
        fs.symlinkSync(`/proc/self/root${host.directory}/victim`, '/tmp/way')
        fs.writeFileSync('/tmp/way', 'attacked')
      }),
    held: COPIED,
  },
  'clone blocks of a file and write to them': {
    attempt: ({ sh, host }) =>
      sh(
        `cp --reflink=auto ${host.directory}/victim ${host.directory}/clone && echo attacked > ${host.directory}/clone && echo ok`,
      ),
    held: COPIED,
  },
  'lock a file that the host uses': {
    attempt: ({ sh, host }) => sh(`exec 9>>${host.directory}/victim; flock -n 9 && echo ok`),
    held: COPIED,
  },
  'make a file that the host would run': {
    attempt: ({ fs, outcome }) =>
      outcome(() => fs.writeFileSync('/usr/local/bin/mydocker-attack', '#!/bin/sh\n', { mode: 0o4755 })),
    held: /^(ok|EACCES)$/,
  },
  'add a user': {
    attempt: ({ fs, outcome }) => outcome(() => fs.appendFileSync('/etc/passwd', 'attacker::0:0::/:/bin/sh\n')),
    held: /^(ok|EACCES)$/,
  },
})

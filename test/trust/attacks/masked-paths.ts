import { attacks } from '../attack.ts'

const REFUSED = /^(EROFS|EACCES|EPERM|ENOENT)$/
const NOTHING = /^(empty|EACCES|EPERM|ENOENT)$/

export const maskedPaths = attacks('masked paths', {
  'read what the host has in /tmp and /dev/shm': {
    attempt: ({ fs, host }) => host.secrets.filter((path) => fs.existsSync(path)).join() || 'empty',
    held: NOTHING,
  },
  'read the memory of the kernel': {
    attempt: ({ fs, outcome }) =>
      outcome(() => {
        if (fs.readSync(fs.openSync('/proc/kcore', 'r'), Buffer.alloc(16)) === 0) throw new Error('empty')
      }),
    held: NOTHING,
  },
  'read keys of the kernel': {
    attempt: ({ fs, read }) => read(() => fs.readFileSync('/proc/keys')),
    held: NOTHING,
  },
  'read timers of the host': {
    attempt: ({ fs, read }) => read(() => fs.readFileSync('/proc/timer_list')),
    held: NOTHING,
  },
  'list firmware': {
    attempt: ({ fs, read }) => read(() => fs.readdirSync('/sys/firmware')),
    held: NOTHING,
  },
  'read devices of SCSI': {
    attempt: ({ fs, read }) => read(() => fs.readdirSync('/proc/scsi')),
    held: NOTHING,
  },
  'press a key of SysRq': {
    // h: help.
    attempt: ({ fs, outcome }) => outcome(() => fs.writeFileSync('/proc/sysrq-trigger', 'h')),
    held: REFUSED,
  },
  'have the kernel run a program (core_pattern)': {
    attempt: ({ fs, outcome }) => outcome(() => fs.writeFileSync('/proc/sys/kernel/core_pattern', 'core')),
    held: REFUSED,
  },
  'have the kernel run a program (modprobe)': {
    attempt: ({ fs, outcome }) => outcome(() => fs.writeFileSync('/proc/sys/kernel/modprobe', '/tmp/x')),
    held: REFUSED,
  },
  'have the kernel run a program (uevent_helper)': {
    attempt: ({ fs, outcome }) => outcome(() => fs.writeFileSync('/sys/kernel/uevent_helper', '/tmp/x')),
    held: REFUSED,
  },
  'have the kernel run a program (binfmt_misc)': {
    attempt: ({ fs, outcome }) =>
      outcome(() => fs.writeFileSync('/proc/sys/fs/binfmt_misc/register', ':x:M::x::/tmp/x:')),
    held: REFUSED,
  },
  'change a limit of the kernel': {
    attempt: ({ fs, outcome }) => outcome(() => fs.writeFileSync('/proc/sys/vm/swappiness', '60')),
    held: REFUSED,
  },
  'change interrupts': {
    attempt: ({ fs, outcome }) => outcome(() => fs.writeFileSync('/proc/irq/default_smp_affinity', '1')),
    held: REFUSED,
  },
  'write to a device by /sys': {
    attempt: ({ fs, outcome }) =>
      outcome(() => fs.writeFileSync('/sys/kernel/mm/transparent_hugepage/enabled', 'always')),
    held: REFUSED,
  },
})

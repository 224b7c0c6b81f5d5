import { attacks } from '../attack.ts'

const DENIED = /^(EPERM|EACCES)$/

export const mounts = attacks('mounts', {
  'mount a file system': { attempt: ({ call }) => call('mount', 'none', '/tmp', 'tmpfs', 0, ''), held: DENIED },
  'mount a fresh /proc over the masked one': {
    attempt: ({ call }) => call('mount', 'proc', '/proc', 'proc', 0, ''),
    held: DENIED,
  },
  'mount the cgroups of the host': {
    attempt: ({ call }) => call('mount', 'cgroup2', '/tmp', 'cgroup2', 0, ''),
    held: DENIED,
  },
  'make /sys writable': { attempt: ({ call }) => call('mount', 'none', '/sys', '', 32 | 4096, 0), held: DENIED },
  'bind a directory over a masked path': {
    attempt: ({ call }) => call('mount', '/tmp', '/proc', '', 4096, 0),
    held: DENIED,
  },
  'take a mask off': { attempt: ({ call }) => call('umount2', '/proc/keys', 2), held: DENIED },
  'take /proc off': { attempt: ({ call }) => call('umount2', '/proc', 2), held: DENIED },
  'move a mount': { attempt: ({ call }) => call('mount', '/dev', '/tmp', '', 8192, 0), held: DENIED },
  'pivot into another root': { attempt: ({ call }) => call('pivot_root', '/tmp', '/tmp'), held: DENIED },
  'open a tree by the new mount calls': {
    // AT_FDCWD, OPEN_TREE_CLONE | AT_RECURSIVE
    attempt: ({ call }) => call('open_tree', -100, '/', 1 | 0x8000),
    held: DENIED,
  },
  'open a file system by the new mount calls': { attempt: ({ call }) => call('fsopen', 'tmpfs', 0), held: DENIED },
  'change attributes of a mount': {
    attempt: ({ call }) => call('mount_setattr', -100, '/sys', 0, '\0'.repeat(32), 32),
    held: DENIED,
  },
  'climb out of a chroot': {
    attempt: ({ sh, host }) => {
      const climb = `mkdir("/tmp/c"); open(D, "<", "/"); chroot("/tmp/c") or die "$!\\n"; chdir(".."); chdir("..") for 1..64; chroot("."); print -e "${host.secrets[0]}" ? "secret" : "root of the container"`
      return sh(`perl -e '${climb}'`)
    },
    held: /^root of the container$|not permitted/,
  },
  'climb out by /proc/self/root/..': {
    attempt: ({ fs, host }) => String(fs.existsSync(`/proc/self/root/../../..${host.secrets[0]}`)),
    held: /^false$/,
  },
  // Where it was, and the new one was made (native/mounts.c).
  'find the old root': {
    attempt: ({ fs }) => {
      const points = fs
        .readFileSync('/proc/self/mountinfo', 'utf8')
        .trim()
        .split('\n')
        .map((line) => line.split(' ')[4] ?? '')
      return points.find((point) => /^\/(old|new)(\/|$)/.test(point)) ?? 'gone'
    },
    held: /^gone$/,
  },
  'make a device of the disk': {
    // S_IFBLK, and 8:0
    attempt: ({ call }) => call('mknodat', -100, '/tmp/disk', 0o60600, 8 << 8),
    held: DENIED,
  },
  'make a device of the memory': {
    attempt: ({ call }) => call('mknodat', -100, '/tmp/mem', 0o20600, (1 << 8) | 1),
    held: DENIED,
  },
  'open a file by its handle': {
    attempt: ({ call }) => call('open_by_handle_at', -100, '\0'.repeat(64), 0),
    held: DENIED,
  },
})

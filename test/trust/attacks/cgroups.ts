import { attacks } from '../attack.ts'

const REFUSED = /^(EROFS|EACCES|EPERM|ENOENT)$/

export const cgroups = attacks('cgroups', {
  'learn of cgroups outside': {
    attempt: ({ fs }) =>
      [
        ...new Set(
          fs
            .readFileSync('/proc/self/cgroup', 'utf8')
            .trim()
            .split('\n')
            .map((line) => line.split(':')[2]),
        ),
      ].join(),
    held: /^\/$/,
  },
  'raise the own limit': {
    attempt: ({ fs, host }) => {
      const files = host.cgroups.flatMap((each) => [`${each}/memory.limit_in_bytes`, `${each}/memory.max`])
      const outcomes = files.map((file) => {
        try {
          fs.writeFileSync(file, '1000000000')
          return 'ok'
        } catch (error) {
          return (error as NodeJS.ErrnoException).code ?? '?'
        }
      })
      return outcomes.find((each) => each === 'ok') ?? outcomes[0] ?? 'none'
    },
    held: REFUSED,
  },
  'leave the own cgroup': {
    attempt: ({ fs, outcome, host }) =>
      outcome(() => fs.writeFileSync(`${host.cgroups[0]}/../cgroup.procs`, `${process.pid}`)),
    held: REFUSED,
  },
  'make a cgroup': {
    attempt: ({ fs, outcome }) => outcome(() => fs.mkdirSync('/sys/fs/cgroup/attack')),
    held: REFUSED,
  },
  'have the kernel run a program (release_agent)': {
    attempt: ({ sh }) =>
      sh(
        'for f in /sys/fs/cgroup/release_agent /sys/fs/cgroup/*/release_agent; do (echo /tmp/x > $f) && echo written; done; true',
      ),
    held: /^(?![\s\S]*written)/,
  },
})

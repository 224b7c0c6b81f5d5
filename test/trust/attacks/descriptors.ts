import { attacks } from '../attack.ts'

export const descriptors = attacks('descriptors', {
  'find a directory of the host among them': {
    attempt: ({ fs }) => {
      const targets = fs.readdirSync('/proc/self/fd').map((fd) => {
        try {
          return fs.readlinkSync(`/proc/self/fd/${fd}`)
        } catch {
          return ''
        }
      })
      return (
        targets
          .filter((target) => target.startsWith('/') && !/^\/(proc\/\d+\/fd|dev\/null|dev\/urandom)/.test(target))
          .join() || 'none'
      )
    },
    held: /^none$/,
  },
  'find a socket that is not its own among them': {
    attempt: ({ fs }) => {
      const sockets = fs.readdirSync('/proc/self/fd').filter((fd) => {
        try {
          return fs.readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:')
        } catch {
          return false
        }
      })
      return sockets.every((fd) => Number(fd) <= 3) ? 'none' : sockets.join()
    },
    held: /^none$/,
  },
  'find a seccomp listener among them': {
    attempt: ({ fs }) => {
      const targets = fs.readdirSync('/proc/self/fd').map((fd) => {
        try {
          return fs.readlinkSync(`/proc/self/fd/${fd}`)
        } catch {
          return ''
        }
      })
      return targets.some((target) => target.includes('seccomp')) ? 'there' : 'none'
    },
    held: /^none$/,
  },
})

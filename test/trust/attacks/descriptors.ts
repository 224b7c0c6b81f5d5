import { attacks } from '../attack.ts'

export const descriptors = attacks('descriptors', {
  'find a directory of the host among them': {
    attempt: ({ descriptors: own }) =>
      own()
        .map(({ target }) => target)
        .filter((target) => target.startsWith('/') && !/^\/(proc\/\d+\/fd|dev\/null|dev\/urandom)/.test(target))
        .join() || 'none',
    held: /^none$/,
  },
  'find a socket that is not its own among them': {
    attempt: ({ descriptors: own }) => {
      const sockets = own().filter(({ target }) => target.startsWith('socket:'))
      return sockets.every(({ fd }) => fd <= 3) ? 'none' : sockets.map(({ fd }) => fd).join()
    },
    held: /^none$/,
  },
  'find a seccomp listener among them': {
    attempt: ({ descriptors: own }) => (own().some(({ target }) => target.includes('seccomp')) ? 'there' : 'none'),
    held: /^none$/,
  },
})

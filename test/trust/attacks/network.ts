import { attacks } from '../attack.ts'

export const network = attacks('network', {
  'connect to a port of the host': {
    attempt: ({ net, host }) =>
      new Promise((resolve) => {
        const socket = net.connect(host.port, '127.0.0.1', () => resolve('connected'))
        socket.on('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)))
      }),
    held: /^ECONNREFUSED$/,
  },
  'connect to an abstract socket of the host': {
    attempt: ({ net, host }) =>
      new Promise((resolve) => {
        const socket = net.connect(`\0${host.abstractSocket}`, () => resolve('connected'))
        socket.on('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)))
      }),
    held: /^ECONNREFUSED$/,
  },
  'connect to a socket in the file system of the host': {
    attempt: ({ net, host }) =>
      new Promise((resolve) => {
        const socket = net.connect(host.socket, () => resolve('connected'))
        socket.on('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)))
      }),
    held: /^(ECONNREFUSED|ENOENT|ENXIO)$/,
  },
  'reach the internet': {
    attempt: ({ net }) =>
      new Promise((resolve) => {
        const socket = net.connect(80, '192.0.2.1', () => resolve('connected'))
        socket.on('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)))
      }),
    held: /^ENETUNREACH$/,
  },
  'see devices of the host': {
    attempt: ({ fs }) =>
      fs
        .readFileSync('/proc/net/dev', 'utf8')
        .split('\n')
        .slice(2)
        .map((line) => line.split(':')[0]?.trim())
        .filter(Boolean)
        .join(),
    held: /^lo$/,
  },
  'see sockets of the host': {
    attempt: ({ fs, host }) =>
      fs.readFileSync('/proc/net/unix', 'latin1').includes(host.abstractSocket) ? 'seen' : 'none',
    held: /^none$/,
  },
  'make a device': {
    attempt: ({ sh }) => sh('ip link add attack type dummy && echo made'),
    held: /not permitted|not found/,
  },
  'change the network by /sys': {
    attempt: ({ fs, outcome }) => outcome(() => fs.writeFileSync('/sys/class/net/lo/mtu', '1500')),
    held: /^(EROFS|EACCES|ENOENT|EPERM)$/,
  },
})

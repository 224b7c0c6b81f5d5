import { attacks } from '../attack.ts'

export const network = attacks('network', {
  'connect to a port of the host': {
    attempt: ({ connect, host }) => connect(host.port),
    held: /^ECONNREFUSED$/,
  },
  'connect to an abstract socket of the host': {
    attempt: ({ connect, host }) => connect(`\0${host.abstractSocket}`),
    held: /^ECONNREFUSED$/,
  },
  'connect to a socket in the file system of the host': {
    attempt: ({ connect, host }) => connect(host.socket),
    held: /^(ECONNREFUSED|ENOENT|ENXIO)$/,
  },
  'reach the internet': {
    attempt: ({ connect }) => connect(80, '192.0.2.1'),
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
  'take the loopback down by netlink': {
    // RTM_NEWLINK of index 1, to whose flag IFF_UP a 0 is given.
    attempt: ({ netlink }) => netlink(0, 16, 'CxSl!LL', 0, 0, 1, 0, 1),
    held: /^EPERM$/,
  },
  'add an address by netlink': {
    // RTM_NEWADDR: AF_INET, /8, on index 1, with IFA_LOCAL 10.0.0.1.
    attempt: ({ netlink }) => netlink(0, 20, 'CCCCLSSC4', 2, 8, 0, 0, 1, 8, 2, 10, 0, 0, 1),
    held: /^EPERM$/,
  },
  'write the rules of the host’s firewall by netlink': {
    // NETLINK_NETFILTER, NFNL_MSG_BATCH_BEGIN.
    attempt: ({ netlink }) => netlink(12, 16, 'CCn', 0, 0, 10),
    held: /^(EPERM|EPROTONOSUPPORT)$/,
  },
  'stop the audit of the host by netlink': {
    // NETLINK_AUDIT, AUDIT_SET of AUDIT_STATUS_ENABLED to 0.
    attempt: ({ netlink }) => netlink(9, 1001, 'L10', 1, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    held: /^(EPERM|ECONNREFUSED|EPROTONOSUPPORT)$/,
  },
  'change the network by /sys': {
    attempt: ({ fs, outcome }) => outcome(() => fs.writeFileSync('/sys/class/net/lo/mtu', '1500')),
    held: /^(EROFS|EACCES|ENOENT|EPERM)$/,
  },
})

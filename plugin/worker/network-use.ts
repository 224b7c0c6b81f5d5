import { subscribe } from 'node:diagnostics_channel'
import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import { isIP, Socket } from 'node:net'
import { Once } from './once.ts'

/** Functions that ask for what belongs to a host name, which is their first argument. */
const LOOK_UPS = ['lookup', 'resolve', 'resolve4', 'resolve6', 'resolveAny', 'resolveCname', 'resolveMx', 'resolveNs']
const MORE_LOOK_UPS = [
  'resolveCaa',
  'resolveNaptr',
  'resolvePtr',
  'resolveSoa',
  'resolveSrv',
  'resolveTlsa',
  'resolveTxt',
]

/** Tells the host names that this process looks up, whether there is a network or not. */
export function watchLookUps(tell: (hostname: string) => void): void {
  const names = new Once(tell)
  const wrap = (owner: object, name: string): void => {
    const descriptor = Object.getOwnPropertyDescriptor(owner, name)
    const original: unknown = descriptor?.value
    if (typeof original !== 'function') return
    const apply = (target: typeof original, self: unknown, args: unknown[]): unknown => {
      const [hostname] = args
      if (typeof hostname === 'string' && hostname !== '' && isIP(hostname) === 0) names.offer(hostname, () => true)
      return Reflect.apply(target, self, args)
    }
    Object.defineProperty(owner, name, { ...descriptor, value: new Proxy(original, { apply }) })
  }
  for (const owner of [dns, dns.promises]) for (const name of [...LOOK_UPS, ...MORE_LOOK_UPS]) wrap(owner, name)
  // `import { lookup } from 'node:dns'` has the functions as they were when it was first imported.
  syncBuiltinESMExports()
}

/** @param isLocal whether the other end is on this machine, as one's own servers are */
export type TellConnection = (address: string, port: number, isLocal: boolean) => void

/** Tells where connections went. */
export function watchConnections(tell: TellConnection): void {
  const peers = new Once((peer) => {
    const [address = '', port, isLocal] = peer.split(' ')
    tell(address, Number(port), isLocal === 'true')
  })
  const connected = (socket: unknown): void => {
    if (!(socket instanceof Socket)) return
    const { remoteAddress, remotePort, localAddress } = socket
    // Without a port it is a path.
    if (remoteAddress === undefined || remotePort === undefined) return
    peers.offer(`${remoteAddress} ${remotePort} ${remoteAddress === localAddress}`, () => true)
  }
  subscribe('net.client.socket', (message) => {
    const socket: unknown = Reflect.get(Object(message), 'socket')
    if (socket instanceof Socket) socket.once('connect', () => connected(socket))
  })
  // The channel above does not have the sockets of TLS (Node 20 to 24).
  subscribe('undici:client:connected', (message) => connected(Reflect.get(Object(message), 'socket')))
  subscribe('http.client.response.finish', (message) => {
    connected(Reflect.get(Object(Reflect.get(Object(message), 'response')), 'socket'))
  })
}

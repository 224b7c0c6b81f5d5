import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type EventEmitter, errorMonitor } from 'node:events'
import net from 'node:net'
import type { FailedConnection } from '../messages.ts'
import type { Outbox } from './outbox.ts'

/** Errors of connecting and of looking names up that a container without network causes (connect(2), getaddrinfo(3)). */
const NETWORK_ERRORS = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'ECONNREFUSED', 'EAI_AGAIN', 'ENOTFOUND'])
/** A client that reconnects in a loop must not flood the channel; one of each kind is all that a hint needs. */
const MOST_NOTES = 32

const CLIENT_SOCKETS = 'net.client.socket'

const { Socket } = net

/**
 * Tells the main process of connections that failed: a library may swallow the error and fail a test in another way. It only
 * listens: `errorMonitor` sees an error without handling it, and Node publishes each client socket on a diagnostics channel.
 * @returns stops it
 */
export function reportFailedConnections(outbox: Outbox): () => void {
  const seen = new Set<string>()
  const onSocket = (message: unknown): void => {
    const socket: unknown = typeof message === 'object' && message !== null ? Reflect.get(message, 'socket') : undefined
    if (!(socket instanceof Socket)) return
    const emitter: EventEmitter = socket
    emitter.once(errorMonitor, (error: unknown) => {
      for (const failure of failures(error)) {
        const key = JSON.stringify(failure)
        if (seen.has(key) || seen.size >= MOST_NOTES) continue
        seen.add(key)
        outbox.post({ mydocker: 'connect-failed', ...failure })
      }
    })
  }
  subscribe(CLIENT_SOCKETS, onSocket)
  return () => unsubscribe(CLIENT_SOCKETS, onSocket)
}

/** With autoSelectFamily (the default since Node 20) a failed connection is an AggregateError of one error per address. */
function failures(error: unknown): FailedConnection[] {
  if (typeof error !== 'object' || error === null) return []
  const parts: unknown = Reflect.get(error, 'errors')
  if (Array.isArray(parts)) return parts.flatMap(failures)
  const code: unknown = Reflect.get(error, 'code')
  const syscall: unknown = Reflect.get(error, 'syscall')
  if (typeof code !== 'string' || typeof syscall !== 'string' || !NETWORK_ERRORS.has(code)) return []
  const address: unknown = Reflect.get(error, 'address')
  const hostname: unknown = Reflect.get(error, 'hostname')
  const port: unknown = Reflect.get(error, 'port')
  return [
    {
      code,
      syscall,
      ...(typeof address === 'string' ? { address } : {}),
      ...(typeof hostname === 'string' ? { hostname } : {}),
      ...(typeof port === 'number' ? { port } : {}),
    },
  ]
}

import { subscribe } from 'node:diagnostics_channel'
import { type EventEmitter, errorMonitor } from 'node:events'
import { Server, Socket } from 'node:net'
import type { FailedConnection, OpenedPort } from '../messages.ts'
import type { Outbox } from './outbox.ts'

/** Errors of connecting and of looking names up that a container without network causes (connect(2), getaddrinfo(3)). */
const NETWORK_ERRORS = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'ECONNREFUSED', 'EAI_AGAIN', 'ENOTFOUND'])
/** A client that reconnects in a loop must not flood the channel; one of each kind is all that a hint needs. */
const MOST_NOTES = 32

/**
 * Tells the main process of connections that failed (a library may swallow the error and fail a test in another way) and of ports
 * that were opened. It only listens: `errorMonitor` sees an error without handling it, and Node publishes what it does on
 * diagnostics channels. Made in the zygote, so that a fork has nothing to do but to name the pod's channel.
 */
export class SocketWatch {
  #outbox: Outbox | undefined
  readonly #told = new Set<string>()

  constructor() {
    subscribe('net.client.socket', (message) => this.#watchClient(field(message, 'socket')))
    // The channel above does not have the sockets of TLS (Node 20 to 24).
    subscribe('undici:client:connectError', (message) => this.#failed(field(message, 'error')))
    subscribe('http.client.request.error', (message) => this.#failed(field(message, 'error')))
    subscribe('tracing:net.server.listen:asyncEnd', (message) => this.#listens('tcp', field(message, 'server')))
    subscribe('udp.socket', (message) => this.#watchDatagrams(field(message, 'socket')))
  }

  /** @returns stops it */
  tell(outbox: Outbox): () => void {
    this.#outbox = outbox
    return () => {
      this.#outbox = undefined
      this.#told.clear()
    }
  }

  #watchClient(socket: unknown): void {
    if (!(socket instanceof Socket)) return
    const emitter: EventEmitter = socket
    emitter.once(errorMonitor, (error: unknown) => this.#failed(error))
  }

  /** No channel tells when one is bound. */
  #watchDatagrams(socket: unknown): void {
    if (isEmitter(socket)) socket.once('listening', () => this.#listens('udp', socket))
  }

  #listens(protocol: OpenedPort['protocol'], listener: unknown): void {
    if (protocol === 'tcp' && !(listener instanceof Server)) return
    // A path is a string.
    const port = field(hasAddress(listener) ? listener.address() : undefined, 'port')
    if (typeof port === 'number') this.#post({ mydocker: 'port-opened', protocol, port })
  }

  #failed(error: unknown): void {
    for (const failure of failures(error)) this.#post({ mydocker: 'connect-failed', ...failure })
  }

  #post(note: ({ mydocker: 'connect-failed' } & FailedConnection) | ({ mydocker: 'port-opened' } & OpenedPort)): void {
    const key = JSON.stringify(note)
    if (this.#outbox === undefined || this.#told.has(key) || this.#told.size >= MOST_NOTES) return
    this.#told.add(key)
    this.#outbox.post(note)
  }
}

/** With autoSelectFamily (the default since Node 20) a failed connection is an AggregateError of one error per address. */
function failures(error: unknown): FailedConnection[] {
  const parts = field(error, 'errors')
  if (Array.isArray(parts)) return parts.flatMap(failures)
  const code = field(error, 'code')
  const syscall = field(error, 'syscall')
  if (typeof code !== 'string' || typeof syscall !== 'string' || !NETWORK_ERRORS.has(code)) return []
  const address = field(error, 'address')
  const hostname = field(error, 'hostname')
  const port = field(error, 'port')
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

function isEmitter(value: unknown): value is EventEmitter {
  return typeof field(value, 'once') === 'function'
}

function hasAddress(value: unknown): value is { address(): unknown } {
  return typeof field(value, 'address') === 'function'
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

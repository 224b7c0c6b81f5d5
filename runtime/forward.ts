import { connect, createServer, type Server, type Socket } from 'node:net'
import { pipeline } from 'node:stream'
import type { HostPort } from './spec.ts'

/**
 * Serves a listening socket that was made inside a container by connecting each client to the same port of the host's
 * loopback. The container needs no route out for it.
 */
export function forward(fd: number, family: HostPort['families'][number], port: number): Server {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (inside) => {
    const outside = connect({ port, host: family === 'IPv6' ? '::1' : '127.0.0.1', allowHalfOpen: true })
    outside.once('connect', () => join(inside, outside))
    // Nobody listens any more: the client sees its connection reset, as it would on the host.
    outside.once('error', () => inside.resetAndDestroy())
    inside.once('error', () => outside.destroy())
  })
  server.listen({ fd })
  server.unref()
  return server
}

function join(inside: Socket, outside: Socket): void {
  const end = (error: Error | null | undefined): void => {
    if (!error) return
    inside.resetAndDestroy()
    outside.resetAndDestroy()
  }
  pipeline(inside, outside, end)
  pipeline(outside, inside, end)
}

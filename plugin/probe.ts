import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIPv6, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import type { Container } from '../runtime/container.ts'
import { MydockerError, messageOf } from '../runtime/errors.ts'
import type { Milliseconds } from '../runtime/units.ts'
import type { Destination } from '../runtime/visit.ts'
import type { Probe } from './service-spec.ts'

type HttpGet = Extract<Probe['action'], { kind: 'httpGet' }>

/**
 * Asks until the answer is good so many times in a row as the probe wants.
 * @param signal ends it
 * @returns undefined, or what the probe said last when its time was over
 * @throws AbortError
 */
export async function probeUntilReady(
  container: Container,
  probe: Probe,
  signal: AbortSignal,
): Promise<string | undefined> {
  await sleep(probe.initialDelay, undefined, { signal })
  const end = performance.now() + probe.bound
  for (let successes = 0; ; ) {
    const problem = await attempt(container, probe.action, probe.timeout)
    signal.throwIfAborted()
    successes = problem === undefined ? successes + 1 : 0
    if (successes === probe.successThreshold) return undefined
    if (performance.now() + probe.period > end) return problem ?? 'it was ready too few times in a row'
    await sleep(probe.period, undefined, { signal })
  }
}

/** @returns undefined when it has succeeded, or what came instead */
export async function attempt(
  container: Container,
  action: Probe['action'],
  timeout: Milliseconds,
): Promise<string | undefined> {
  try {
    switch (action.kind) {
      case 'exec': {
        const { exitCode, output } = await container.exec(action.command, timeout)
        return exitCode === 0 ? undefined : `${action.command[0]} ended with ${exitCode}: ${output.trim()}`
      }
      case 'tcpSocket': {
        const socket = await container.connect(destination(action), timeout)
        socket.destroy()
        return undefined
      }
      case 'httpGet':
        return await get(container, action, timeout)
    }
  } catch (error) {
    return error instanceof MydockerError ? `${error.stage}: ${error.summary}` : messageOf(error)
  }
}

/** Kubernetes takes every status from 200 to 399 for a success, and follows no redirect to another host. */
async function get(container: Container, action: HttpGet, timeout: Milliseconds): Promise<string | undefined> {
  const socket = await container.connect(destination(action), timeout)
  try {
    const { statusCode = 0 } = await answerTo(request(action, socket), timeout)
    const { path = '/' } = action
    return statusCode >= 200 && statusCode < 400 ? undefined : `GET ${path} was answered with status ${statusCode}`
  } finally {
    socket.destroy()
  }
}

function request(
  { port, path = '/', host = 'localhost', scheme, httpHeaders = [] }: HttpGet,
  socket: Socket,
): ClientRequest {
  const headers = Object.fromEntries(httpHeaders.map(({ name, value }) => [name, value]))
  // Without an agent: one would connect by itself, and not from inside.
  const asked = { host, port, path, headers }
  if (scheme !== 'HTTPS') return requestHttp({ ...asked, createConnection: () => socket })
  return requestHttps({ ...asked, createConnection: () => connectTls({ socket, rejectUnauthorized: false }) })
}

async function answerTo(request: ClientRequest, timeout: Milliseconds): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', (response) => {
      response.resume()
      resolve(response)
    })
    request.once('error', reject)
    request.setTimeout(timeout, () => request.destroy(new Error(`no answer within ${timeout / 1000} s`)))
    request.end()
  })
}

function destination({ port, host = 'localhost' }: { port: number; host?: string | undefined }): Destination {
  if (host !== 'localhost') return { port, addresses: [{ family: isIPv6(host) ? 'IPv6' : 'IPv4', address: host }] }
  return {
    port,
    addresses: [
      { family: 'IPv4', address: '127.0.0.1' },
      { family: 'IPv6', address: '::1' },
    ],
  }
}

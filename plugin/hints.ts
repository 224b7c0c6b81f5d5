import type { HostPort } from '../runtime/spec.ts'
import { endpoint, isLoopback } from './hermetic-findings.ts'
import type { FailedConnection } from './messages.ts'
import type { PodSpec } from './pod-spec.ts'
import { at, type RpcRequest } from './vitest.ts'

/** What a hint depends on. */
export interface Surroundings {
  readonly network: Pick<PodSpec['network'], 'mode' | 'egress'>
  /** Ports that the host listens on, read when a connection to the loopback failed. */
  hostListeners(): HostPort[]
}

/** Of connecting and of looking up names (connect(2), getaddrinfo(3)): what a container without network causes. */
const NETWORK_ERRORS = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'ECONNREFUSED', 'EAI_AGAIN', 'ENOTFOUND'])
/** Marks a hint, so that an error which is reported twice gets it once. */
const MARK = '\nmydocker: '
/** Errors can be made to refer to each other. */
const MAX_DEPTH = 8

/**
 * Appends a line that names the option to the errors of a message of Vitest's worker (`onTaskUpdate`, `onUnhandledError`), where they come from the network that
 * the container does not have. Changes the errors in place.
 * @returns whether there was one
 */
export function addHints(message: RpcRequest, surroundings: Surroundings): boolean {
  if (hasWayOut(surroundings)) return false
  let hinted = false
  for (const error of reportedErrors(message)) {
    const text = at(error, 'message')
    const hint = hintForError(error, surroundings)
    if (hint === undefined || typeof text !== 'string' || typeof error !== 'object' || error === null) continue
    hinted = true
    if (text.includes(MARK)) continue
    const longer = `${text}${MARK}${hint}`
    Reflect.set(error, 'message', longer)
    // Reporters take errors of equal stack for one error.
    const stack = at(error, 'stack')
    if (typeof stack === 'string')
      Reflect.set(
        error,
        'stack',
        stack.replace(text, () => longer),
      )
  }
  return hinted
}

/** @returns one line that names the option which would have let this connection through, if one would have */
export function hintForConnection(failure: FailedConnection, surroundings: Surroundings): string | undefined {
  if (hasWayOut(surroundings)) return undefined
  const { code, syscall, address, port, hostname } = failure
  const isOnBridge = surroundings.network.mode === 'bridge'
  if (syscall === 'getaddrinfo') {
    if (isOnBridge && hostname?.endsWith('.mydocker'))
      return `${hostname} was nobody's name at that moment: a test file's container has it while it runs, with network: 'bridge'`
    return outside(`looking up ${hostname ?? 'a name'}`, isOnBridge)
  }
  if (syscall !== 'connect' || address === undefined) return undefined
  if (!isLoopback(address)) {
    // Others on the bridge may refuse a connection, or be gone.
    if (isOnBridge && code !== 'ENETUNREACH') return undefined
    return outside(`connecting to ${endpoint(address, port)}`, isOnBridge)
  }
  // Nothing listens there outside either: the test would fail without us too.
  if (port === undefined || !surroundings.hostListeners().some((listener) => listener.port === port)) return undefined
  return `port ${port} is open on the host, but a container has a loopback of its own. Let it in with network: { hostPorts: [${port}] }, or in this file with // @mydocker network.hostPorts=${port}`
}

function hasWayOut({ network: { mode, egress } }: Surroundings): boolean {
  return mode === 'host' || egress
}

function outside(what: string, isOnBridge: boolean): string {
  if (isOnBridge)
    return `${what} failed because a bridge leads to the other containers of the run only. Give it a way out with network: { mode: 'bridge', egress: true }, or in this file with // @mydocker network=bridge network.egress=true`
  return `${what} failed because a container reaches nothing but itself by default. Give it the host's network with network: 'host', or in this file with // @mydocker network=host`
}

function reportedErrors(message: RpcRequest): unknown[] {
  if (message.m === 'onUnhandledError') return [message.a[0]]
  const packs = message.m === 'onTaskUpdate' ? message.a[0] : undefined
  if (!Array.isArray(packs)) return []
  return packs.flatMap((pack: unknown) => {
    const errors = Array.isArray(pack) ? at(pack[1], 'errors') : undefined
    return Array.isArray(errors) ? errors : []
  })
}

/** Looks along `cause` and into AggregateError's `errors`: fetch() and Node's autoSelectFamily wrap the error that tells. */
function hintForError(error: unknown, surroundings: Surroundings, depth = 0): string | undefined {
  if (typeof error !== 'object' || error === null || depth > MAX_DEPTH) return undefined
  const failure = failureIn(error)
  const hint = failure === undefined ? undefined : hintForConnection(failure, surroundings)
  if (hint !== undefined) return hint
  const parts = at(error, 'errors')
  const inner = [at(error, 'cause'), ...(Array.isArray(parts) ? parts : [])]
  for (const part of inner) {
    const found = hintForError(part, surroundings, depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}

function failureIn(error: object): FailedConnection | undefined {
  const code = at(error, 'code')
  const syscall = at(error, 'syscall')
  if (typeof code !== 'string' || typeof syscall !== 'string' || !NETWORK_ERRORS.has(code)) return undefined
  const address = at(error, 'address')
  const hostname = at(error, 'hostname')
  const port = at(error, 'port')
  return {
    code,
    syscall,
    address: typeof address === 'string' ? address : undefined,
    hostname: typeof hostname === 'string' ? hostname : undefined,
    port: typeof port === 'number' ? port : undefined,
  }
}

import { isIP } from 'node:net'
import { dirname } from 'node:path'
import type { Change } from '../runtime/container.ts'
import { isWithin } from '../runtime/mountinfo.ts'
import type { ProcessInfo } from '../runtime/spec.ts'
import type { HermeticFinding } from '../runtime/status/types.ts'
import { shortCommand } from './death.ts'
import type { FailedConnection, OpenedPort, Trace } from './messages.ts'

/** What is known of a file when its container has ended. */
export interface Deeds {
  readonly changes: readonly Change[]
  readonly traces: readonly Trace[]
  readonly failedConnections: readonly FailedConnection[]
  readonly openedPorts: readonly OpenedPort[]
  readonly leftBehind: readonly ProcessInfo[]
}

/** What a hermetic test may have to do with. */
export interface Allowed {
  /** Directories that it may write to: its project, temporary ones. */
  readonly directories: readonly string[]
  /** It may not write there, where the nearest directory around a path is this one. */
  readonly home: string
  /** Names of its own host. */
  readonly hostnames: readonly string[]
  /** TCP ports that the suite's own servers listen on, on the network of the host. */
  readonly ports: readonly number[]
  /** Its loopback is that of this machine. */
  readonly isOnHostNetwork: boolean
}

/** A file with more of one kind is not hermetic, whatever they are. */
const MOST_OF_A_KIND = 50

/** @returns what a hermetic test would not have done, each thing once, in the order of their kinds */
export function hermeticFindings(deeds: Deeds, allowed: Allowed): HermeticFinding[] {
  const found = (kind: HermeticFinding['kind'], what: readonly string[]): HermeticFinding[] =>
    [...new Set(what)].slice(0, MOST_OF_A_KIND).map((each) => ({ kind, what: each }))
  return [
    ...found('file-written', writtenOutside(deeds.changes, allowed)),
    ...found(
      'environment',
      deeds.traces.flatMap((trace) => (trace.mydocker === 'read-variable' ? trace.name : [])),
    ),
    ...found('network', reachedOutside(deeds, allowed)),
    ...found(
      'time-zone',
      deeds.traces.flatMap((trace) => (trace.mydocker === 'used-local-time' ? trace.what : [])),
    ),
    ...found('left-behind', deeds.leftBehind.map(shortCommand)),
  ]
}

/** Of a connection or a look-up, as a report shows it. */
export function describeConnection({ syscall, address, hostname, port }: FailedConnection): string {
  if (hostname !== undefined) return `${syscall} ${hostname}`
  if (address === undefined) return syscall
  return `${syscall} ${endpoint(address, port)}`
}

export function endpoint(address: string, port: number | undefined): string {
  const host = isIP(address) === 6 ? `[${address}]` : address
  return port === undefined ? host : `${host}:${port}`
}

export function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./i.test(address)
}

/** Paths that were changed, without the directories that were made for them. */
function writtenOutside(changes: readonly Change[], { directories, home }: Allowed): string[] {
  const outside = changes.filter(({ path }) => {
    const around = [home, ...directories].filter((directory) => isWithin(path, directory))
    const nearest = Math.max(-1, ...around.map(({ length }) => length))
    return !around.some((directory) => directory.length === nearest && directories.includes(directory))
  })
  const parents = new Set(outside.map(({ path }) => dirname(path)))
  return outside.filter(({ type, path }) => type !== 'directory' || !parents.has(path)).map(({ path }) => path)
}

function reachedOutside({ traces, failedConnections, openedPorts }: Deeds, allowed: Allowed): string[] {
  const isOwnName = (name: string): boolean =>
    /^(?:.+\.)?localhost\.?$/i.test(name) || allowed.hostnames.includes(name.toLowerCase())
  const isOwnPort = (port: number): boolean =>
    allowed.ports.includes(port) || openedPorts.some((own) => own.protocol === 'tcp' && own.port === port)
  const failed = failedConnections.filter(({ address, hostname, port }) => {
    if (hostname !== undefined) return !isOwnName(hostname)
    if (address === undefined || !isLoopback(address)) return true
    // Whether anybody listens there is up to this machine.
    return allowed.isOnHostNetwork && port !== undefined && !isOwnPort(port)
  })
  const others = traces.flatMap((trace) => {
    if (trace.mydocker === 'looked-up') return isOwnName(trace.hostname) ? [] : `getaddrinfo ${trace.hostname}`
    if (trace.mydocker !== 'connected' || (trace.isLocal && isOwnPort(trace.port))) return []
    return `connect ${endpoint(trace.address, trace.port)}`
  })
  return [...failed.map(describeConnection), ...others]
}

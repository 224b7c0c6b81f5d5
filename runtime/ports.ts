import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { HostPort } from './spec.ts'

/** TCP_LISTEN in /proc/net/tcp (proc_pid_net(5)). */
const LISTEN = '0A'

/** Every TCP port that something listens on, on the loopback addresses of this network namespace. */
export function hostListeners(): HostPort[] {
  return toPorts(readListeners())
}

/**
 * The TCP ports that a process and its descendants listen on: what `globalSetup` started in Vitest's main process.
 * Sockets are matched by inode against /proc/PID/fd.
 */
export function listenersOfProcessTree(pid: number): HostPort[] {
  const listeners = readListeners()
  if (listeners.length === 0) return []
  const inodes = new Set(processTree(pid).flatMap(socketInodes))
  return toPorts(listeners.filter(({ inode }) => inodes.has(inode)))
}

/** A process and all its descendants, as /proc/PID/task/TID/children has them (proc_tid_children(5)). */
export function processTree(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(processTree)]
}

export function childrenOf(pid: number): number[] {
  return tryReaddir(`/proc/${pid}/task`).flatMap((task) =>
    tryRead(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean).map(Number),
  )
}

interface Listener {
  readonly port: number
  readonly families: HostPort['families']
  readonly inode: string
}

function readListeners(): Listener[] {
  return [
    ...parse(tryRead('/proc/self/net/tcp'), (address) => (/^0{8}$|7F$/.test(address) ? ['IPv4'] : [])),
    ...parse(tryRead('/proc/self/net/tcp6'), ipv6Families),
  ]
}

/** The loopback families that reach an address of /proc/net/tcp6, whose 32-bit words are in host byte order. */
function ipv6Families(address: string): HostPort['families'] {
  // A listener on :: takes IPv4 connections too, unless IPV6_V6ONLY, which /proc does not tell: serving both is harmless.
  if (/^0{32}$/.test(address)) return ['IPv4', 'IPv6']
  if (/^0{24}01000000$/.test(address)) return ['IPv6']
  return /^0{16}FFFF0000(0{8}|.{6}7F)$/.test(address) ? ['IPv4'] : []
}

function parse(table: string, families: (address: string) => HostPort['families']): Listener[] {
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/)
      const [address = '', port = ''] = local.split(':')
      const reachable = families(address)
      if (state !== LISTEN || reachable.length === 0) return []
      return [{ port: Number.parseInt(port, 16), families: reachable, inode }]
    })
}

function toPorts(listeners: readonly Listener[]): HostPort[] {
  const byPort = new Map<number, Set<HostPort['families'][number]>>()
  for (const { port, families } of listeners) {
    const known = byPort.get(port) ?? new Set()
    for (const family of families) known.add(family)
    byPort.set(port, known)
  }
  return [...byPort].map(([port, families]) => ({ port, families: [...families] }))
}

function socketInodes(pid: number): string[] {
  return tryReaddir(`/proc/${pid}/fd`).flatMap((fd) => {
    const inode = /^socket:\[(\d+)\]$/.exec(tryReadlink(`/proc/${pid}/fd/${fd}`))?.[1]
    return inode === undefined ? [] : [inode]
  })
}

// A process may end while it is being looked at; then it has no files.
function tryRead(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function tryReaddir(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

function tryReadlink(link: string): string {
  try {
    return readlinkSync(link)
  } catch {
    return ''
  }
}

import { existsSync } from 'node:fs'
import path from 'node:path'
import { isWithin } from '../mountinfo.ts'
import { hostListeners } from '../ports.ts'
import { RUNTIME_DEFAULT } from '../seccomp/runtime-default.ts'
import type { ContainerSpec, HostPort } from '../spec.ts'
import type { RunOptions } from './run-options.ts'

/** What the engine is to build for `mydocker run`. */
export function runSpec(
  options: RunOptions,
  command: readonly [string, ...string[]],
  onTerminal: boolean,
): ContainerSpec {
  const { memory, cpu, pids, network, hostPort } = options
  const workingDir = path.resolve(options.workdir ?? '.')
  return {
    name: 'run',
    hostname: options.hostname,
    command,
    env: { ...inheritedEnvironment(), ...Object.fromEntries(options.env) },
    workingDir,
    user: options.user,
    seccomp: options.securityOpt === 'seccomp=unconfined' ? undefined : RUNTIME_DEFAULT,
    ephemeralStorage: options.ephemeralStorage,
    volumes: options.volume,
    // As for a test file: where it works and the Node that runs us.
    visible: outermost(
      [process.cwd(), workingDir, path.dirname(process.execPath)].filter((place) => existsSync(place)),
    ),
    network,
    hostPorts: network === 'host' ? [] : hostPorts(hostPort),
    limits: { memory, cpu, pids },
    stdio: onTerminal ? 'terminal' : 'inherit',
    terminalSize: onTerminal ? terminalSize() : undefined,
    channel: false,
  }
}

function inheritedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

/** Without those that another one contains. */
function outermost(places: readonly string[]): string[] {
  return [...new Set(places)].filter((place) => !places.some((outer) => outer !== place && isWithin(place, outer)))
}

/** `localhost` means inside what it means outside: the families that the server listens in, or may listen in later. */
function hostPorts(ports: readonly number[]): HostPort[] {
  if (ports.length === 0) return []
  const listeners = hostListeners()
  const families: HostPort['families'] = existsSync('/proc/self/net/if_inet6') ? ['IPv4', 'IPv6'] : ['IPv4']
  return [...new Set(ports)].map((port) => listeners.find((listener) => listener.port === port) ?? { port, families })
}

/** Undefined where ours is no terminal, or one of no size, as serial lines are. */
function terminalSize(): ContainerSpec['terminalSize'] {
  const { isTTY, rows, columns } = process.stdout
  return isTTY && rows > 0 && columns > 0 ? { rows, columns } : undefined
}

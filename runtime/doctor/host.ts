import { type Engine, openEngine } from '../engine.ts'
import type { Event } from '../event.ts'
import { type Identity, outside, shiftedIdentity, userIdentity } from '../identity.ts'
import type { Step } from '../plan.ts'
import { type Builder, rootSteps } from '../rootfs.ts'
import type { ContainerSpec } from '../spec.ts'
import { type HostFacts, hostFacts } from './facts.ts'

/** What the probes share. Everything is found out when it is first asked for: a probe before it may have failed. */
export class Host {
  /** Where the project is. */
  readonly directory: string = process.cwd()
  /** What the engine warned of when it was opened. */
  readonly warnings: Event[] = []
  #facts: HostFacts | undefined
  #identity: Identity | undefined
  #rootSteps: readonly Step[] | undefined
  #engine: Promise<Engine> | undefined

  get facts(): HostFacts {
    this.#facts ??= hostFacts()
    return this.#facts
  }

  get builder(): Builder {
    if (!this.facts.isRoot) return { kind: 'user' }
    const { uidMap, gidMap } = this.identity
    return { kind: 'root', uid: outside(uidMap, 0), gid: outside(gidMap, 0) }
  }

  /** The ids of a container whose command is root inside. */
  get identity(): Identity {
    this.#identity ??= this.facts.isRoot ? shiftedIdentity() : userIdentity({ uid: 0, gid: 0 })
    return this.#identity
  }

  /** The mounts of a whole container, of which the probes try one kind at a time. */
  get rootSteps(): readonly Step[] {
    this.#rootSteps ??= rootSteps(shellSpec(this.directory, ''), this.builder)
    return this.#rootSteps
  }

  engine(): Promise<Engine> {
    this.#engine ??= openEngine({ strict: false, onEvent: (event) => this.warnings.push(event) })
    return this.#engine
  }

  async close(): Promise<void> {
    // An engine that could not be opened has been reported by the probe that asked for it.
    await (await this.#engine?.catch(() => undefined))?.close()
  }
}

/** A container as `mydocker run` makes it by default, but for the filter of system calls, for a shell script. */
export function shellSpec(directory: string, script: string, args: readonly string[] = []): ContainerSpec {
  return {
    name: 'doctor',
    hostname: 'doctor',
    command: ['sh', '-c', script, 'sh', ...args],
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin' },
    workingDir: '/',
    user: { uid: 0, gid: 0 },
    ephemeralStorage: EPHEMERAL_STORAGE,
    volumes: [],
    visible: [directory],
    network: 'none',
    hostPorts: [],
    limits: {},
    stdio: 'pipe',
    channel: false,
  }
}

/** Bytes; the probes write next to nothing. */
const EPHEMERAL_STORAGE = 16 * 2 ** 20

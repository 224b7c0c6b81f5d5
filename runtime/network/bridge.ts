import { chmodSync, closeSync, existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { attempt } from '../attempt.ts'
import { MydockerError } from '../errors.ts'
import { hasPowerOverHost, identitySteps, userIdentity } from '../identity.ts'
import type { Janitor } from '../janitor.ts'
import type { Step } from '../plan.ts'
import type { VolumeMount } from '../spec.ts'
import { Addresses, hardwareAddress, NETMASK } from './addresses.ts'
import { egressSteps, resolverConfiguration } from './egress.ts'
import { HostsFile } from './hosts-file.ts'

/** What a container sees of the bridge. */
export const INTERFACE = 'eth0'
/** What the bridge is called where nobody sees it. */
const BRIDGE = 'mydocker0'

/** A container's place on the bridge. */
export interface Port {
  /** What the container's plan says of it. */
  readonly steps: readonly Step[]
  /** The network namespace of the bridge. It stays the bridge's own. */
  readonly network: number
  /** The files that say who is where, to be mounted. */
  readonly volumes: readonly VolumeMount[]
  /** Gives the container its name, by which the others find it. */
  name(hostname: string): void
  /** To be called when the container has ended: its name may be another one's by then. */
  forget(): void
  /** To be called when it has been removed. */
  release(): void
}

/**
 * What the containers of a run that ask for it (`network: 'bridge'`) are connected by: a bridge of the kernel in a network
 * namespace of its own, which nothing else is in and which leads nowhere. It lives as long as this process holds it. An ordinary
 * user's belongs to a user namespace in which those of the containers are made, so that whoever makes them has power over both.
 */
export class Bridge {
  readonly #janitor: Janitor
  #addresses: Addresses | undefined
  #network: Promise<number> | undefined
  #directory: string | undefined
  #hosts: HostsFile | undefined

  constructor(janitor: Janitor) {
    this.#janitor = janitor
  }

  /**
   * @param egress whether it gets a way out besides
   * @throws MydockerError stage `bridge`: this kernel has none; stage `egress`: a way out needs a program that is not there; or a stage
   * of those of a container
   */
  async connect(egress: boolean): Promise<Port> {
    const wayOut = egress ? egressSteps() : []
    this.#network ??= makeNetwork()
    const network = await this.#network
    const hosts = this.#openHosts()
    // The first time it looks at the host's own.
    this.#addresses ??= new Addresses()
    const addresses = this.#addresses
    const address = addresses.take()
    let forget: (() => void) | undefined
    return {
      network,
      steps: [
        ...(hasPowerOverHost() ? [] : [['nested'] as const]),
        ['port', BRIDGE, INTERFACE, hardwareAddress(address)],
        ['interface', INTERFACE, address, NETMASK],
        ...wayOut,
      ],
      volumes: [
        configuration('/etc/hosts', hosts.path),
        ...(egress ? [configuration('/etc/resolv.conf', this.#resolver(dirname(hosts.path)))] : []),
      ],
      name: (hostname) => {
        forget = hosts.add(address, hostname)
      },
      forget: () => forget?.(),
      release: () => {
        forget?.()
        addresses.free(address)
      },
    }
  }

  /** When every container has been removed. */
  async close(): Promise<void> {
    const network = await this.#network?.catch(() => undefined)
    this.#network = undefined
    if (network !== undefined) closeSync(network)
    this.#hosts?.close()
    this.#hosts = undefined
    if (this.#directory !== undefined) rmSync(this.#directory, { recursive: true, force: true })
    this.#directory = undefined
  }

  #resolver(directory: string): string {
    const file = join(directory, 'resolv.conf')
    if (!existsSync(file)) writeFileSync(file, resolverConfiguration())
    chmodSync(file, 0o644)
    return file
  }

  #openHosts(): HostsFile {
    if (this.#hosts !== undefined) return this.#hosts
    this.#directory = mkdtempSync(join(tmpdir(), 'mydocker-network-'))
    this.#janitor.watchDirectory(this.#directory)
    this.#hosts = new HostsFile(join(this.#directory, 'hosts'))
    return this.#hosts
  }
}

/** A mount path must lead through no link, and some hosts have one in place of the file. */
function configuration(file: string, hostPath: string): VolumeMount {
  return { mountPath: existsSync(file) ? realpathSync(file) : file, hostPath, readOnly: true }
}

/** @returns the network namespace with the bridge, which lives as long as this descriptor */
async function makeNetwork(): Promise<number> {
  const owner: Step[] = hasPowerOverHost()
    ? []
    : [['namespace', 'user'], ...identitySteps(userIdentity({ uid: 0, gid: 0 }))]
  const { network } = await attempt([...owner, ['namespace', 'net'], ['network'], ['bridge', BRIDGE]])
  if (network !== undefined) return network
  throw new MydockerError({ stage: 'bridge', message: 'the network of the run was not passed out' })
}

import { networkInterfaces } from 'node:os'
import { MydockerError } from '../errors.ts'

/** Of 255.255.0.0: the two last bytes are a container's. */
export const NETMASK = '255.255.0.0'
/** Second bytes of 10.0.0.0/8 (RFC 1918) that are asked for in turn; the first is one that container engines and clouds do not take. */
const FIRST_NETWORK = 213
const NETWORKS = 256
/** Without that of the network itself and that of all (RFC 919). */
const LAST_HOST = 0xfffe

/** The addresses of one run's bridge. An address that is free again comes last, when nobody remembers who had it. */
export class Addresses {
  readonly #network = freeNetwork()
  readonly #taken = new Set<number>()
  #last = 0

  /** @throws MydockerError stage `bridge` when all are taken */
  take(): string {
    if (this.#taken.size === LAST_HOST)
      throw new MydockerError({ stage: 'bridge', message: `all ${LAST_HOST} addresses are taken` })
    do this.#last = (this.#last % LAST_HOST) + 1
    while (this.#taken.has(this.#last))
    this.#taken.add(this.#last)
    return `10.${this.#network}.${this.#last >> 8}.${this.#last & 0xff}`
  }

  free(address: string): void {
    const [, , high, low] = address.split('.').map(Number)
    this.#taken.delete((Number(high) << 8) + Number(low))
  }
}

/** A hardware address that is the same whenever the address is (RFC 7042, locally administered), so that no cache is ever wrong. */
export function hardwareAddress(address: string): string {
  const bytes = address.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'))
  return ['02', '6d', ...bytes].join(':')
}

/** What the host has an address in could not be reached from inside, were it asked for (`egress`). */
function freeNetwork(): number {
  const ofHost = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  const isTaken = (network: number): boolean => ofHost.some(({ address }) => address.startsWith(`10.${network}.`))
  const networks = Array.from({ length: NETWORKS }, (_, index) => (FIRST_NETWORK + index) % NETWORKS)
  return networks.find((network) => !isTaken(network)) ?? FIRST_NETWORK
}

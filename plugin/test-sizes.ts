import type { Bytes } from '../runtime/units.ts'
import type { PodOptionsPatch } from './options.ts'

/**
 * Test sizes after Google ("Software Engineering at Google", chapter 11) with the time limits of Bazel's
 * (https://bazel.build/reference/test-encyclopedia#role-test-runner), as what they say about a file's pod.
 */
export const TEST_SIZES = ['small', 'medium', 'large'] as const
export type TestSize = (typeof TEST_SIZES)[number]

interface Preset {
  /** As if it had been written where the size was: options of weaker layers give way. */
  readonly patch: PodOptionsPatch
  /** Where no layer says how much: a Node with Vitest needs a few times what Bazel reserves for a test of that size. */
  readonly memory: { readonly request: Bytes; readonly limit?: Bytes | undefined }
}

const MIB: Bytes = 2 ** 20

export const SIZE_PRESETS: Readonly<Record<TestSize, Preset>> = {
  // One process, which is one Node with its threads and no room for many others; nothing but itself.
  small: {
    patch: {
      activeDeadlineSeconds: 60,
      network: { mode: 'none', hostPorts: [] },
      services: [],
      hermetic: 'enforce',
      resources: { limits: { pids: 32 } },
    },
    memory: { request: 128 * MIB, limit: 512 * MIB },
  },
  // One machine: servers on its own loopback, and what is let in there.
  medium: {
    patch: { activeDeadlineSeconds: 300, network: { mode: 'none' }, hermetic: 'report' },
    memory: { request: 256 * MIB, limit: 1024 * MIB },
  },
  large: { patch: { activeDeadlineSeconds: 900, hermetic: 'off' }, memory: { request: 512 * MIB } },
}

/** @returns why what one layer says of the network and of services is not for a test of the size that it names */
export function contradiction({
  size,
  network,
  services = [],
}: Pick<PodOptionsPatch, 'size' | 'network' | 'services'>): string | undefined {
  if (size === undefined || size === 'large') return undefined
  if (network?.mode !== undefined && network.mode !== 'none')
    return `'${size}' tests reach nothing outside of their container, so network '${network.mode}' contradicts it; leave one of them out, or use size 'large'`
  if (size === 'small' && (network?.hostPorts ?? []).length > 0)
    return `'small' tests use no server of this machine, so network.hostPorts contradicts it; leave one of them out, or use size 'medium'`
  if (size === 'small' && services.length > 0)
    return `'small' tests are one process, so services contradict it; leave one of them out, or use size 'medium'`
  return undefined
}

import * as v from 'valibot'
import { readDelay, readLoss, readRate } from '../runtime/network/quantities.ts'
import { flag, isRecord, known, listOf, oneOf, port, quantity } from './option-values.ts'

const MODES = ['none', 'host', 'bridge'] as const
export type NetworkMode = (typeof MODES)[number]

const mode = oneOf(...MODES)
const hostPorts = listOf(port, '[5432]')

const conditions = known(
  {
    delay: v.optional(quantity<string>(readDelay)),
    jitter: v.optional(quantity<string>(readDelay)),
    loss: v.optional(quantity<string>(readLoss)),
    rate: v.optional(quantity(readRate)),
  },
  "{ delay: '100ms', loss: '1%' }",
)

const object = v.pipe(
  known(
    {
      mode: v.optional(mode),
      hostPorts: v.optional(hostPorts),
      egress: v.optional(flag),
      conditions: v.optional(conditions),
    },
    "{ mode: 'none', hostPorts: [5432] }",
  ),
  v.check(
    (given) => given.mode !== 'host' || (given.hostPorts ?? []).length === 0,
    "with mode 'host' every port of the host is reachable; leave hostPorts out, or use mode 'none'",
  ),
  v.check(({ mode = 'bridge', egress }) => mode === 'bridge' || egress !== true, "egress needs mode 'bridge'"),
  v.check(
    (given) => given.mode !== 'host' || !isAny(given.conditions),
    "conditions of the host's own network are not changed; use mode 'none' or 'bridge'",
  ),
)

/** Nothing of what a weaker layer may have set. */
const NO_CONDITIONS: Conditions = { delay: 0, jitter: 0, loss: 0, rate: 0 }

/** The short form sets the whole of it: `network: 'none'` takes back ports that a weaker layer had given. */
export const network = v.lazy(
  (input): v.GenericSchema<NetworkInput, NetworkPatch> =>
    isRecord(input)
      ? object
      : v.pipe(
          mode,
          v.transform((whole) => ({ mode: whole, hostPorts: [], egress: false, conditions: NO_CONDITIONS })),
        ),
)

type NetworkInput = NetworkMode | v.InferInput<typeof object>

type Conditions = v.InferOutput<typeof conditions>

export interface NetworkPatch {
  readonly mode?: NetworkMode | undefined
  readonly hostPorts?: readonly number[] | undefined
  readonly egress?: boolean | undefined
  /** As in NetworkConditions; 0 is none. */
  readonly conditions?: Conditions | undefined
}

function isAny(given: Conditions | undefined): boolean {
  return Object.values(given ?? {}).some((value) => value !== undefined && value > 0)
}

import { MydockerError } from '../errors.ts'
import type { ResourceLimits } from '../spec.ts'
import type { Bytes, Millicores } from '../units.ts'
import { must, read, readKey, write } from './files.ts'
import type { CgroupExcess, CgroupOptions } from './types.ts'
import type { Unavailable } from './unavailable.ts'

/** Limits are kept in pages, rounded down. The largest page of the supported processors is arm64's. */
const LARGEST_PAGE: Bytes = 65_536
/** The kernel's default period, and its greatest one for bandwidths whose share of the default is below its least quota. */
const PERIOD_MICROSECONDS = 100_000
const LONG_PERIOD_MICROSECONDS = 1_000_000
/** `min_cfs_quota_period` in kernel/sched/core.c: one millisecond. */
const LEAST_QUOTA_MICROSECONDS = 1_000

/** Kinds of limit that a host with a memory controller may still lack. */
export type OptionalLimit = 'cpu' | 'cpuRequest' | 'pids' | 'swap'

const UNAVAILABLE_EVENTS: Readonly<Record<OptionalLimit, string>> = {
  cpu: 'CpuLimitUnavailable',
  cpuRequest: 'CpuRequestUnavailable',
  pids: 'PidsLimitUnavailable',
  swap: 'SwapLimitUnavailable',
}

/**
 * Takes out of a container's limits what this host cannot enforce: each kind is a Warning event when it is first asked
 * for, an error under `strict`.
 * @throws MydockerError stage `cgroup` under `strict`
 */
export function limitFilter(
  absent: ReadonlyMap<OptionalLimit, Unavailable>,
  options: CgroupOptions,
): (limits: ResourceLimits) => ResourceLimits {
  const warned = new Set<OptionalLimit>()
  return (limits) => {
    const kept = { ...limits }
    for (const [kind, why] of absent) {
      if (limits[kind] === undefined) continue
      // A request bounds nothing.
      if (options.strict && kind !== 'cpuRequest') throw why.toError()
      if (!warned.has(kind)) options.onEvent(why.toEvent(UNAVAILABLE_EVENTS[kind]))
      warned.add(kind)
      delete kept[kind]
    }
    return kept
  }
}

/** Writes a size and returns what the kernel made of it. @throws MydockerError stage `cgroup` if that is another size. */
export function setBytes(path: string, asked: Bytes): Bytes {
  set(path, asked)
  const got = Number(read(path))
  if (!(got <= asked && asked - got < LARGEST_PAGE)) throw notTaken(path, asked, read(path))
  return got
}

/** Writes a number and returns it. @throws MydockerError stage `cgroup` if the kernel shows another one. */
export function setNumber(path: string, asked: number): number {
  set(path, asked)
  if (read(path) !== String(asked)) throw notTaken(path, asked, read(path))
  return asked
}

/** Writes a line of words. @throws MydockerError stage `cgroup` if the kernel shows another one. */
export function setText(path: string, asked: string): void {
  set(path, asked)
  if (read(path) !== asked) throw notTaken(path, asked, read(path))
}

/** CPU bandwidth as the scheduler takes it: this much run time in each period (sched-bwc.rst), both in microseconds. */
export function bandwidth(cpu: Millicores): { readonly quota: number; readonly period: number } {
  const usual = Math.round((cpu * PERIOD_MICROSECONDS) / 1000)
  if (usual >= LEAST_QUOTA_MICROSECONDS) return { quota: usual, period: PERIOD_MICROSECONDS }
  return { quota: Math.round((cpu * LONG_PERIOD_MICROSECONDS) / 1000), period: LONG_PERIOD_MICROSECONDS }
}

/** The inverse of `bandwidth`. */
export function millicores({ quota, period }: { readonly quota: number; readonly period: number }): Millicores {
  return (quota / period) * 1000
}

function set(path: string, value: string | number): void {
  must(`cannot set the limit to ${value}`, path, () => write(path, value), cure)
}

/** Kubernetes' weight of a CPU request for cgroup v1 (MilliCPUToShares in pkg/kubelet/cm/helpers_linux.go): one core is 1024. */
export function cpuShares(request: Millicores): number {
  return Math.min(MOST_SHARES, Math.max(LEAST_SHARES, Math.floor((request * SHARES_PER_CORE) / 1000)))
}

/** The same for cgroup v2, which has 1 to 10000 for v1's 2 to 262144 (Kubernetes' KEP-2254, getCPUWeight). */
export function cpuWeight(request: Millicores): number {
  return 1 + Math.floor(((cpuShares(request) - LEAST_SHARES) * (MOST_WEIGHT - 1)) / (MOST_SHARES - LEAST_SHARES))
}

const SHARES_PER_CORE = 1024
const LEAST_SHARES = 2
const MOST_SHARES = 262_144
const MOST_WEIGHT = 10_000

/** What cpu.stat tells of throttling. @param unit of its time, in microseconds */
export function throttling(
  stat: string,
  key: 'throttled_usec' | 'throttled_time',
  unit: number,
): Pick<CgroupExcess, 'throttledMicroseconds' | 'throttledShare'> {
  const [periods, throttled, time] = ['nr_periods', 'nr_throttled', key].map((name) => readKey(stat, name))
  if (periods === undefined || throttled === undefined || time === undefined) return {}
  return {
    throttledMicroseconds: Math.round(time * unit),
    throttledShare: periods === 0 ? 0 : throttled / periods,
  }
}

function cure(errno: string): string | undefined {
  // v1's CPU quotas must not exceed that of the cgroup above; 1 millicore is the least quota in the longest period.
  return errno === 'EINVAL'
    ? 'The limit is out of range, or above that of an enclosing cgroup: ask for less.'
    : undefined
}

function notTaken(path: string, asked: string | number, got: string): MydockerError {
  return new MydockerError({
    stage: 'cgroup',
    message: `the limit was set to ${asked}, but the kernel shows ${got}`,
    path,
    hint: 'Another program manages this cgroup as well: run the tests in a cgroup of their own.',
  })
}

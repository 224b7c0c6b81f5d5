import { existsSync, readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import type { Step } from './plan.ts'

/** One line of a uid_map or gid_map (user_namespaces(7)). */
export interface IdRange {
  readonly inside: number
  readonly outside: number
  readonly count: number
}

/** How ids inside a container map to ids outside. */
export interface Identity {
  readonly uidMap: readonly IdRange[]
  readonly gidMap: readonly IdRange[]
  /** newuidmap(1) and newgidmap(1) write the maps: an ordinary user with ranges in /etc/subuid and /etc/subgid. */
  readonly helpers: boolean
  /** setgroups(2) is denied: an ordinary user who maps only himself (user_namespaces(7)). */
  readonly denySetgroups: boolean
  /** The lower layers are idmapped mounts: real root whose containers run as nobody outside. */
  readonly idmapped: boolean
}

/** Root inside is this user outside: `nobody`, who owns nothing. */
const NOBODY = 65534
/** The other ids of a container of real root: a range above those of /etc/subuid (which end at 600100000 by
 * default, login.defs(5)) and of systemd-nspawn (container UIDs to 0x6fffffff), so that no account has them. */
const PRIVATE_BASE = 0x70000000
const ID_COUNT = 65536

/** CAP_SYS_ADMIN (capabilities(7)). */
const CAP_SYS_ADMIN = 21n

/** True for real root: every capability that counts, in the user namespace that the file systems belong to. */
export function hasPowerOverHost(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
  const isAdmin = (BigInt(`0x${effective}`) >> CAP_SYS_ADMIN) & 1n
  // The initial user namespace maps every id to itself (user_namespaces(7)).
  return isAdmin === 1n && /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'))
}

/** The maps of a container of real root when lower layers can be idmapped: root inside, nobody outside. */
export function shiftedIdentity(): Identity {
  const map = [
    { inside: 0, outside: NOBODY, count: 1 },
    { inside: 1, outside: PRIVATE_BASE + 1, count: ID_COUNT - 1 },
  ]
  return { uidMap: map, gidMap: map, helpers: false, denySetgroups: false, idmapped: true }
}

/** The maps of a container of real root where layers cannot be idmapped: every id is itself, without its capabilities. */
export function unshiftedIdentity(): Identity {
  const map = [{ inside: 0, outside: 0, count: 0xffffffff }]
  return { uidMap: map, gidMap: map, helpers: false, denySetgroups: false, idmapped: false }
}

/**
 * The maps of an ordinary user: `user` inside is the caller outside, the other ids come from the caller's subordinate
 * ranges (subuid(5)) when newuidmap is installed.
 */
export function userIdentity(user: { readonly uid: number; readonly gid: number }): Identity {
  const uid = process.getuid?.() ?? 0
  const gid = process.getgid?.() ?? 0
  const uids = helpersInstalled() ? subordinateRange('/etc/subuid', uid) : undefined
  const gids = uids && subordinateRange('/etc/subgid', uid)
  return {
    uidMap: mapWithOneself(user.uid, uid, uids),
    gidMap: mapWithOneself(user.gid, gid, gids),
    helpers: gids !== undefined,
    denySetgroups: gids === undefined,
    idmapped: false,
  }
}

/** The same for a container that is made within the user namespace of another one, by its root, who may map all ids that are there. */
export function nestedIdentity(identity: Identity, outer: Identity): Identity {
  const within = (ranges: readonly IdRange[], outerRanges: readonly IdRange[]): IdRange[] =>
    ranges.map((range) => ({ ...range, outside: inside(outerRanges, range.outside) }))
  return {
    ...identity,
    uidMap: within(identity.uidMap, outer.uidMap),
    gidMap: within(identity.gidMap, outer.gidMap),
    helpers: false,
  }
}

/** True when the id inside has a counterpart outside. */
export function isMapped(map: readonly IdRange[], id: number): boolean {
  return map.some(({ inside, count }) => id >= inside && id < inside + count)
}

/** The id outside of a mapped id inside. */
export function outside(map: readonly IdRange[], id: number): number {
  const range = map.find(({ inside, count }) => id >= inside && id < inside + count)
  if (!range) throw new RangeError(`id ${id} is not mapped`)
  return range.outside + (id - range.inside)
}

/** The id inside of an id outside that is mapped. */
function inside(map: readonly IdRange[], id: number): number {
  const range = map.find(({ outside: first, count }) => id >= first && id < first + count)
  if (!range) throw new RangeError(`id ${id} is not mapped`)
  return range.inside + (id - range.outside)
}

export function identitySteps(identity: Identity): Step[] {
  const line = ({ inside, outside, count }: IdRange): [string, string, string] => [
    `${inside}`,
    `${outside}`,
    `${count}`,
  ]
  return [
    ...identity.uidMap.map((range): Step => ['uid-map', ...line(range)]),
    ...identity.gidMap.map((range): Step => ['gid-map', ...line(range)]),
    ...(identity.helpers ? [['map-helpers', NEWUIDMAP, NEWGIDMAP] as const] : []),
    ...(identity.denySetgroups ? [['deny-setgroups'] as const] : []),
    ...(identity.idmapped ? [['idmap'] as const] : []),
    ...(isMapped(identity.uidMap, 0) && isMapped(identity.gidMap, 0) ? [['root-mapped'] as const] : []),
  ]
}

const NEWUIDMAP = '/usr/bin/newuidmap'
const NEWGIDMAP = '/usr/bin/newgidmap'

/** newuidmap(1) and newgidmap(1), Debian package `uidmap`. */
export function helpersInstalled(): boolean {
  return existsSync(NEWUIDMAP) && existsSync(NEWGIDMAP)
}

function mapWithOneself(inside: number, outside: number, range: SubordinateRange | undefined): IdRange[] {
  const oneself = { inside, outside, count: 1 }
  if (!range) return [oneself]
  const below = { inside: 0, outside: range.start, count: Math.min(inside, range.count) }
  const above = { inside: inside + 1, outside: range.start + below.count, count: range.count - below.count }
  return [below, oneself, above].filter(({ count }) => count > 0)
}

interface SubordinateRange {
  readonly start: number
  readonly count: number
}

/** The first range of a subuid(5) or subgid(5) file that names the user. */
function subordinateRange(file: string, uid: number): SubordinateRange | undefined {
  if (!existsSync(file)) return undefined
  const names = new Set([`${uid}`, userName()])
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [name = '', start = '', count = ''] = line.trim().split(':')
    if (names.has(name) && Number(count) > 0) return { start: Number(start), count: Number(count) }
  }
  return undefined
}

/** Undefined for a uid without an account. */
function userName(): string | undefined {
  try {
    return userInfo().username
  } catch {
    return undefined
  }
}

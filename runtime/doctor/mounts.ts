import { attempt } from '../attempt.ts'
import { isWithin, readMounts, visibleMounts } from '../mountinfo.ts'
import type { Step } from '../plan.ts'
import type { Host } from './host.ts'
import { ownNamespaces } from './namespaces.ts'
import type { Finding } from './report.ts'

/** A scratch root, a tmpfs, devices, pivot_root. */
export async function mountProbe(host: Host): Promise<Finding> {
  await attempt([...ownNamespaces(host, 'user'), ...emptyRoot(host), ...devices(host)])
  return { status: 'ok', detail: 'a root, tmpfs and devices of its own' }
}

export async function privateIpc(host: Host): Promise<Finding> {
  await attempt([...ownNamespaces(host, 'user', 'ipc'), ...emptyRoot(host), ...below(host, MQUEUE)])
  return { status: 'ok', detail: 'message queues and shared memory of its own' }
}

export async function privateProc(host: Host): Promise<Finding> {
  await attempt([
    ...ownNamespaces(host, 'user', 'pid'),
    ...emptyRoot(host),
    ...devices(host),
    ...below(host, '/new/proc'),
  ])
  return { status: 'ok', detail: 'a fresh /proc, its dangerous files masked' }
}

export async function privateSysfs(host: Host): Promise<Finding> {
  await attempt([
    ...ownNamespaces(host, 'user', 'net'),
    ...emptyRoot(host),
    ...devices(host),
    ...below(host, '/new/sys'),
  ])
  return { status: 'ok', detail: 'a fresh /sys, read-only' }
}

/** Real root only: an ordinary user keeps his own id, and so his files, anyway. */
export async function idmappedMounts(host: Host): Promise<Finding | undefined> {
  if (!host.facts.isRoot) return undefined
  const layers = host.rootSteps.filter(([name]) => name === 'layer')
  const { plainLayers } = await attempt([...ownNamespaces(host, 'user'), ...emptyRoot(host), ...layers])
  const plain = plainLayers.map((source) => source || '/')
  if (plain.length === 0)
    return { status: 'ok', detail: 'files keep their owners', gives: 'root inside is nobody outside' }
  const cure = 'Idmapped mounts need Linux 5.19, and a file system such as ext4, xfs, btrfs, f2fs or tmpfs.'
  if (!plain.includes('/')) {
    const detail = `not of ${plain.join(', ')}: files there belong to nobody inside`
    return { status: 'degraded', detail, cure, gives: 'root inside is nobody outside' }
  }
  const gives = 'root inside is root outside, without its capabilities'
  return { status: 'degraded', detail: 'not of /', cure, gives }
}

/** The overlay that shows the project. */
export async function overlayHere(host: Host): Promise<Finding> {
  const overlays = host.rootSteps.filter(([name]) => name === 'overlay')
  // Where a mount is below the project there is none of the whole, but one for each of its parts.
  const overlay =
    overlays.findLast((step) => isWithin(host.directory, shownAt(step))) ??
    overlays.find((step) => isWithin(shownAt(step), host.directory)) ??
    overlays[0]
  if (!overlay) return { status: 'missing', detail: 'no directory here can be the lower layer of an overlay' }
  const layer = host.rootSteps.filter(([name, , id]) => name === 'layer' && `/layers/${id}` === overlay[2])
  await attempt([...ownNamespaces(host, 'user'), ...scaffold(host), root(host), ...layer, overlay])
  const mount = visibleMounts(readMounts()).findLast(({ mountPoint }) => isWithin(shownAt(overlay), mountPoint))
  return { status: 'ok', detail: `over ${shownAt(overlay)} (${mount?.fsType ?? 'unknown'})` }
}

const MQUEUE = '/new/dev/mqueue'

const EMPTY: Step = ['bind', 'pod', '/data/root', '/new', '']

/** The scaffold of every container, with a root in which there is nothing. */
function emptyRoot(host: Host): Step[] {
  return [...scaffold(host), EMPTY]
}

function scaffold(host: Host): Step[] {
  return host.rootSteps.filter((step) => step[0] === 'base' || isWithin(placeOf(step), '/data'))
}

/** How the root of a container begins here: as the tree that real root built outside, or empty. */
function root(host: Host): Step {
  return host.rootSteps.find((step) => step[0] === 'bind' && placeOf(step) === '/new') ?? EMPTY
}

/** Also what the masks of other mounts are made of. */
function devices(host: Host): Step[] {
  return below(host, '/new/dev').filter((step) => placeOf(step) !== MQUEUE)
}

function below(host: Host, place: string): Step[] {
  return host.rootSteps.filter((step) => isWithin(placeOf(step), place))
}

/** Where a mount step acts, see `execute` in native/mounts.c. */
function placeOf([name, , first = '', second = '']: Step): string {
  return ['directory', 'mask', 'read-only'].includes(name) ? first : second
}

/** Where the container shows what is mounted by a step: the tree is built at either place. */
function shownAt(step: Step): string {
  return placeOf(step).replace(/^\/(new|merged)/, '') || '/'
}

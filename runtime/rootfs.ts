import { accessSync, constants, lstatSync, readdirSync, readlinkSync, type Stats, statSync } from 'node:fs'
import path from 'node:path'
import { isWithin, type Mount, readMounts, visibleMounts } from './mountinfo.ts'
import type { Step } from './plan.ts'
import type { ContainerSpec, Layer, VolumeMount } from './spec.ts'

/**
 * Who builds the root: real root overlays outside the container's user namespace and owns what he makes there as root inside
 * does; an ordinary user mounts in his own user namespace only.
 */
export type Builder = { readonly kind: 'root'; readonly uid: number; readonly gid: number } | { readonly kind: 'user' }

/**
 * The mount steps (native/mounts.h) that give a container a copy-on-write view of the host's root.
 *
 * Every mount below `/` is overlaid on its own. An overlay does not reach into the mounts below its lower layer: real root
 * would see empty directories there, and in a user namespace the kernel refuses (EINVAL, locked submounts).
 * - real root: one overlay per mount, each over a layer that is a clone of that mount alone;
 * - ordinary user: a directory with a mount somewhere below it becomes a skeleton, its children are covered one by one.
 */
export function rootSteps(spec: ContainerSpec, builder: Builder): Step[] {
  const steps = new RootSteps(builder)
  steps.begin(spec.ephemeralStorage)
  steps.coverHost()
  steps.privateTemporaryFiles()
  for (const each of byDepth(spec.visible.filter((visible) => isBelow(visible, TEMPORARY)))) steps.coverVisible(each)
  if (builder.kind === 'user') for (const each of byDepth(workPlaces(spec))) steps.coverWorkPlace(each)
  for (const layer of byDepth(spec.layers ?? [], ({ mountPath }) => mountPath)) steps.layer(layer)
  steps.enter()
  steps.devices()
  steps.processes()
  steps.kernel(spec.network)
  for (const volume of [...spec.volumes].sort((a, b) => depth(a.mountPath) - depth(b.mountPath))) steps.volume(volume)
  return steps.list
}

/** The upper layers of a container, in its data tmpfs: directory of the layer, and the path that it covers. */
export interface UpperLayer {
  readonly id: string
  readonly mountPoint: string
}

/** Finds the upper layers again in the steps that made them. */
export function upperLayers(steps: readonly Step[]): UpperLayer[] {
  return steps.flatMap(([name, , , target = '', id = '']) =>
    name === 'overlay' ? [{ id, mountPoint: target.replace(/^\/(new|merged)/, '') || '/' }] : [],
  )
}

/** What stands outside of overlays in an ordinary user's container: the directories with mounts below, and copied files. */
export interface Skeleton {
  /** Everything that the steps put there, mount points included. */
  readonly placed: ReadonlySet<string>
  readonly copies: readonly string[]
}

/** Finds the skeleton again in the steps that made it; without one nothing was placed. */
export function skeleton(steps: readonly Step[]): Skeleton {
  const targets = (names: readonly string[]): string[] =>
    steps
      .flatMap(([name, , ...args]) => (names.includes(name) ? args : []))
      .flatMap((arg) => (arg.startsWith('/new/') ? arg.slice('/new'.length) : []))
  const hasSkeleton = steps.some(([name, , source]) => name === 'bind' && source === SKELETON)
  return {
    placed: new Set(hasSkeleton ? targets(['directory', 'symlink', 'copy', 'bind', 'overlay', 'mount']) : []),
    copies: hasSkeleton ? targets(['copy']) : [],
  }
}

/** The skeleton's place in the data tmpfs. */
const SKELETON = '/data/root'
const TEMPORARY = '/tmp'
/** Made anew in every container; what the host has mounted there is not shown. */
export const OWN = ['/proc', '/sys', '/dev', TEMPORARY]
/** File systems that overlayfs takes for no lower layer (their names fold case or are revalidated): read-only binds. */
const NO_LOWER = new Set(['vfat', 'msdos', 'exfat', 'hfs', 'hfsplus', 'ntfs', 'ntfs3', 'iso9660', 'autofs'])
/** Views of the kernel, not storage: not shown outside /proc, /sys and /dev either. */
export const PSEUDO = new Set(
  'proc sysfs devtmpfs devpts cgroup cgroup2 mqueue securityfs debugfs tracefs bpf pstore configfs fusectl hugetlbfs binfmt_misc efivarfs nsfs autofs'.split(
    ' ',
  ),
)
/** A file that stands where no overlay can reach is copied up to this size, and bound read-only beyond it. */
const COPY_MAX_BYTES = 1 << 20
const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty']
/** runc's defaults (libcontainer/specconv/example.go). */
const READ_ONLY_PROC = ['bus', 'fs', 'irq', 'sys', 'sysrq-trigger']
const MASKED_PROC = 'acpi asound kcore keys latency_stats timer_list timer_stats sched_debug scsi'.split(' ')

/** What was found by listing a directory of the host may be gone when it is mounted: its step is optional then. */
type Presence = 'required' | 'optional'

class RootSteps {
  readonly list: Step[] = []
  readonly #builder: Builder
  /** Where the steps of the file system run, and where its tree is. */
  readonly #where: 'host' | 'pod'
  readonly #tree: '/merged' | '/new'
  readonly #mounts: readonly Mount[]
  /** What the overlays cover, outermost first. */
  readonly #leaves: string[] = []
  #layers = 0
  #uppers = 0
  #volumes = 0

  constructor(builder: Builder) {
    this.#builder = builder
    const isUser = builder.kind === 'user'
    this.#where = isUser ? 'pod' : 'host'
    this.#tree = isUser ? '/new' : '/merged'
    this.#mounts = visibleMounts(readMounts()).filter(({ fsType }) => isUser || !PSEUDO.has(fsType))
  }

  begin(size: number): void {
    const owner = this.#builder.kind === 'root' ? `,uid=${this.#builder.uid},gid=${this.#builder.gid}` : ''
    this.list.push(
      ['base', this.#where, scratchDirectory()],
      ['mount', this.#where, 'tmpfs', '/data', 'nosuid,nodev', `mode=755,size=${size}${owner}`],
    )
    for (const directory of ['upper', 'work', 'root', 'volumes']) this.#directory(`/data/${directory}`, '755')
    for (const directory of ['tmp', 'shm']) this.#directory(`/data/${directory}`, '1777')
  }

  coverHost(): void {
    if (this.#builder.kind === 'user') {
      this.#cover('/')
      return
    }
    const shown = this.#mounts.filter(({ mountPoint }) => !OWN.some((own) => isWithin(mountPoint, own)))
    for (const mount of byDepth(shown, ({ mountPoint }) => mountPoint)) this.#coverMount(mount, mount.mountPoint)
  }

  /** A path below /tmp that must be seen all the same: the project, when it is there. */
  coverVisible(visible: string): void {
    for (const parent of parentsBelow(visible, TEMPORARY))
      this.#directory(`${this.#tree}${parent}`, mode(statSync(parent)))
    if (this.#builder.kind === 'user') {
      this.#cover(visible)
      return
    }
    const holder = byDepth(this.#mounts, ({ mountPoint }) => mountPoint).findLast(({ mountPoint }) =>
      isWithin(visible, mountPoint),
    )
    if (holder) this.#coverMount(holder, visible)
    const below = this.#mounts.filter(({ mountPoint }) => isBelow(mountPoint, visible))
    for (const mount of byDepth(below, ({ mountPoint }) => mountPoint)) this.#coverMount(mount, mount.mountPoint)
  }

  /**
   * Ordinary user: an overlay copies a changed file up with all the directories above it, and cannot where one of them belongs
   * to somebody without an id inside (EOVERFLOW): /srv/app/src, with /srv/app root's. An overlay that begins further down can.
   */
  coverWorkPlace(place: string): void {
    const leaf = this.#leaves.findLast((each) => isWithin(place, each))
    if (leaf === undefined || leaf === place) return
    const between = path.relative(leaf, place).split(path.sep)
    const isForeign = between.some((_, index) => {
      return tryStat(path.join(leaf, ...between.slice(0, index + 1)))?.uid !== process.getuid?.()
    })
    if (isForeign) this.#overlay(`/old${place}`, place, false)
  }

  layer({ mountPath, hostPath }: Layer): void {
    this.#overlay(this.#source(hostPath), mountPath, false)
  }

  privateTemporaryFiles(): void {
    this.list.push(['bind', this.#where, '/data/tmp', `${this.#tree}${TEMPORARY}`, 'nosuid,nodev'])
  }

  /** Mounts that were made outside cannot be taken apart inside: the tree is entered as a whole. */
  enter(): void {
    if (this.#tree === '/merged') this.list.push(['bind', 'pod', '/merged', '/new', 'rec'])
  }

  devices(): void {
    this.list.push(['mount', 'pod', 'tmpfs', '/new/dev', 'nosuid,noexec', 'mode=755,size=64k'])
    for (const device of DEVICES)
      this.list.push(['bind', 'pod', `/old/dev/${device}`, `/new/dev/${device}`, 'nosuid,noexec'])
    const links = { fd: '/proc/self/fd', stdin: 'fd/0', stdout: 'fd/1', stderr: 'fd/2', ptmx: 'pts/ptmx' }
    for (const [name, target] of Object.entries(links)) this.list.push(['symlink', 'pod', target, `/new/dev/${name}`])
    this.list.push(
      ['mount', 'pod', 'devpts', '/new/dev/pts', 'nosuid,noexec', 'newinstance,ptmxmode=0666,mode=0620'],
      ['mount', 'pod', 'mqueue', '/new/dev/mqueue', 'nosuid,nodev,noexec', ''],
      ['bind', 'pod', '/data/shm', '/new/dev/shm', 'nosuid,nodev'],
    )
  }

  processes(): void {
    this.list.push(['mount', 'pod', 'proc', '/new/proc', 'nosuid,nodev,noexec', ''])
    for (const name of READ_ONLY_PROC) this.list.push(['read-only', 'pod', `/new/proc/${name}`])
    for (const name of MASKED_PROC) this.list.push(['mask', 'pod', `/new/proc/${name}`])
  }

  /** A sysfs of one's own shows the devices of one's own network namespace, and can only be mounted by its owner. */
  kernel(network: ContainerSpec['network']): void {
    this.list.push(
      network === 'host'
        ? ['bind', 'pod', '/old/sys', '/new/sys', 'ro,nosuid,nodev,noexec,rec']
        : ['mount', 'pod', 'sysfs', '/new/sys', 'ro,nosuid,nodev,noexec', ''],
      ['mask', 'pod', '/new/sys/firmware'],
    )
  }

  volume({ mountPath, hostPath, readOnly }: VolumeMount): void {
    const flags = ['nosuid', 'nodev', ...(readOnly ? ['ro'] : [])]
    if (hostPath === undefined) {
      const directory = `/data/volumes/${this.#volumes++}`
      this.#directory(directory, '1777')
      this.list.push(['bind', 'pod', directory, `/new${mountPath}`, flags.join(',')])
      return
    }
    if (this.#builder.kind === 'user') flags.push('rec')
    this.list.push(['bind', 'pod', this.#source(hostPath), `/new${mountPath}`, flags.join(',')])
  }

  /** Real root: the part of one mount at `target` and below. */
  #coverMount(mount: Mount, target: string): void {
    const status = tryStat(target)
    if (!status) return
    if (!status.isDirectory()) this.#placeFile(target, status)
    else if (NO_LOWER.has(mount.fsType))
      this.list.push(['bind', this.#where, this.#source(target), `${this.#tree}${target}`, 'ro,nosuid,nodev'])
    else this.#overlay(this.#source(target), target, mount.options.includes('ro'))
  }

  /** Ordinary user: an overlay where no mount is below, a skeleton with covered children where one is. */
  #cover(directory: string, presence: Presence = 'required'): void {
    const holder = this.#mounts.findLast(({ mountPoint }) => mountPoint === directory)
    if (holder && (PSEUDO.has(holder.fsType) || NO_LOWER.has(holder.fsType))) {
      if (!PSEUDO.has(holder.fsType))
        this.list.push(['bind', 'pod', `/old${directory}`, `/new${directory}`, 'ro,nosuid,nodev,rec'])
      return
    }
    const hasMountBelow = this.#mounts.some(({ mountPoint }) => isBelow(mountPoint, directory))
    if (!hasMountBelow) {
      const isReadOnly = holder?.options.includes('ro') ?? false
      this.#overlay(`/old${directory === '/' ? '' : directory}`, directory, isReadOnly, presence)
      return
    }
    if (directory === '/') this.list.push(['bind', 'pod', SKELETON, '/new', ''])
    else this.#directory(`/new${directory}`, mode(statSync(directory)))
    for (const name of tryReaddir(directory)) this.#coverEntry(path.join(directory, name))
  }

  #coverEntry(entry: string): void {
    if (OWN.includes(entry)) {
      this.#directory(`/new${entry}`, '755')
      return
    }
    const status = tryLstat(entry)
    if (status?.isSymbolicLink()) this.list.push(['symlink', 'pod', readlinkSync(entry), `/new${entry}`])
    else if (status?.isDirectory()) this.#cover(entry, 'optional')
    else if (status) this.#placeFile(entry, status)
  }

  #placeFile(file: string, status: Stats): void {
    const place = `${this.#tree}${file}`
    if (status.isFile() && status.size <= COPY_MAX_BYTES)
      this.list.push(['copy', this.#where, `/old${file}`, place, 'optional'])
    else if (status.isFile()) this.list.push(['bind', this.#where, this.#source(file), place, 'ro', 'optional'])
  }

  #overlay(lower: string, target: string, readOnly: boolean, presence: Presence = 'required'): void {
    this.#leaves.push(target)
    const place = target === '/' ? this.#tree : `${this.#tree}${target}`
    const flags = [...(readOnly ? ['ro'] : []), ...(this.#builder.kind === 'root' ? ['trusted'] : [])]
    this.list.push(['overlay', this.#where, lower, place, `${this.#uppers++}`, flags.join(','), presence])
  }

  /** Made outside, it is given to root inside. */
  #directory(place: string, octalMode: string): void {
    const owner = this.#builder.kind === 'root' ? [`${this.#builder.uid}`, `${this.#builder.gid}`] : []
    this.list.push(['directory', this.#where, place, octalMode, ...owner])
  }

  /** Where a host path is found while the root is being built. */
  #source(hostPath: string): string {
    if (this.#builder.kind === 'user') return `/old${hostPath}`
    const id = `${this.#layers++}`
    this.list.push(['layer', 'host', id, `/old${hostPath}`])
    return `/layers/${id}`
  }
}

/** Where a command may be expected to write: given explicitly, or by convention, and writable outside too. */
function workPlaces(spec: ContainerSpec): string[] {
  const places = [...spec.visible, spec.workingDir, '/var/tmp']
  for (const name of ['HOME', 'TMPDIR'])
    if (spec.env[name]?.startsWith('/')) places.push(path.normalize(spec.env[name]))
  return [...new Set(places)].filter((place) => tryStat(place)?.isDirectory() && isWritable(place))
}

function isWritable(place: string): boolean {
  try {
    accessSync(place, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** Any directory will do to mount the scratch root on: pivot_root uncovers it again. */
function scratchDirectory(): string {
  return ['/tmp', '/mnt', '/run', '/var'].find((directory) => tryStat(directory)?.isDirectory()) ?? '/'
}

function isBelow(inner: string, outer: string): boolean {
  return inner !== outer && isWithin(inner, outer)
}

/** The directories between two, outermost first, without them. */
function parentsBelow(inner: string, outer: string): string[] {
  const names = path.relative(outer, inner).split(path.sep).slice(0, -1)
  return names.map((_, index) => path.join(outer, ...names.slice(0, index + 1)))
}

function depth(place: string): number {
  return place === '/' ? 0 : place.split('/').length
}

function byDepth<T>(list: readonly T[], key: (item: T) => string = String): T[] {
  return [...list].sort((a, b) => depth(key(a)) - depth(key(b)))
}

function mode(status: Stats): string {
  return (status.mode & 0o7777).toString(8)
}

// What vanishes or cannot be read while the host's root is being listed is not shown: nobody could have read it.
function tryStat(place: string): Stats | undefined {
  return statSync(place, { throwIfNoEntry: false })
}

function tryLstat(place: string): Stats | undefined {
  return lstatSync(place, { throwIfNoEntry: false })
}

function tryReaddir(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

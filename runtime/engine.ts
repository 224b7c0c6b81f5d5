import { openCgroups, runName, sweepCgroups } from './cgroup/index.ts'
import type { Cgroup, Cgroups } from './cgroup/types.ts'
import type { Container } from './container.ts'
import { MydockerError } from './errors.ts'
import type { EventSink } from './event.ts'
import {
  hasPowerOverHost,
  type Identity,
  nestedIdentity,
  outside,
  shiftedIdentity,
  unshiftedIdentity,
  userIdentity,
} from './identity.ts'
import { type Janitor, startJanitor } from './janitor.ts'
import { Launcher } from './launcher.ts'
import { LinuxContainer } from './linux-container.ts'
import { enteringSteps, SHARED_BY_POD } from './namespaces.ts'
import { assertNativeBuilt, initProgram } from './native.ts'
import { Bridge, type Port } from './network/bridge.ts'
import { Networks, type Placed } from './network/networks.ts'
import { packageDirectory } from './package.ts'
import type { Step } from './plan.ts'
import { type Builder, rootSteps } from './rootfs.ts'
import type { ContainerSpec } from './spec.ts'
import { containerSteps } from './steps.ts'
import type { Zygote } from './zygote.ts'

export interface EngineOptions {
  /** Anything weaker than asked is an error instead of a Warning event. */
  readonly strict: boolean
  readonly onEvent: EventSink
  /** Who cleans up when this process dies; the caller dismisses it. By default the engine has one of its own. */
  readonly janitor?: Janitor | undefined
  /** What containers with `network: 'bridge'` are connected by; the caller closes it. By default the engine has one of its own. */
  readonly bridge?: Bridge | undefined
}

/** Makes containers. One per process that needs some; `close` removes whatever is left. */
export interface Engine extends AsyncDisposable {
  /** What memory limits rest on here. */
  readonly cgroupVersion: 'v1' | 'v2' | 'none'
  /**
   * Builds the container and starts its command.
   * @param pod a container of this engine, with `share`, whose network, IPC and user namespaces it is to share: the spec's network
   * is then that of the pod's spec. It may outlive the pod
   * @throws MydockerError with the stage, errno and hint of the step that failed; nothing of the container is left then.
   */
  create(spec: ContainerSpec, pod?: Container): Promise<Container>
  /**
   * Builds the container and has a zygote fork its command into it, where the fork waits for the first message on its channel.
   * @param spec with `command: 'forked'`, `stdio: 'pipe'` and a channel; its host name may change until `start`
   * @throws MydockerError as `create`; stage `zygote` or `join` when it was the fork that failed
   */
  prepare(spec: ContainerSpec, zygote: Zygote): Promise<PreparedContainer>
  close(): Promise<void>
}

/** A container whose command has been forked and waits. */
export interface PreparedContainer {
  readonly container: Container
  /**
   * Closes PID 1 to the outside and gives the container its host name. The command counts as started then.
   * @throws MydockerError when the container has died meanwhile
   */
  start(hostname: string): Promise<void>
}

/**
 * @throws MydockerError when this host cannot run containers (what `mydocker doctor` calls missing) or, under `strict`, not
 * bound their memory; its hint is the doctor's
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  assertNativeBuilt()
  try {
    return await startEngine(options)
  } catch (error) {
    const { withDoctorsCure } = await import('./doctor/cures.ts')
    throw withDoctorsCure(error)
  }
}

async function startEngine(options: EngineOptions): Promise<Engine> {
  // What earlier runs left does not hold this one up.
  void sweepCgroups(options.onEvent)
  const cgroups = openCgroups({ runName: runName(), ...options })
  const janitor = options.janitor ?? startJanitor()
  for (const directory of cgroups.parents) janitor.watchCgroup(directory)
  const bridge = options.bridge ?? new Bridge(janitor)
  const close = async (): Promise<void> => {
    if (options.bridge === undefined) await bridge.close()
    if (options.janitor === undefined) janitor.dismiss()
  }
  const networks = new Networks(bridge, options)
  const engine = new LinuxEngine(cgroups, new Launcher(), networks, options.onEvent, close)
  try {
    await engine.rehearse()
  } catch (error) {
    await engine.close()
    throw error
  }
  return engine
}

class LinuxEngine implements Engine {
  readonly #cgroups: Cgroups
  readonly #launcher: Launcher
  readonly #networks: Networks
  readonly #onEvent: EventSink
  readonly #onClose: () => Promise<void>
  readonly #isRealRoot = hasPowerOverHost()
  readonly #containers = new Set<LinuxContainer>()
  readonly #identities = new WeakMap<Container, Identity>()
  readonly #ports = new WeakMap<Container, Port>()
  #canShift = true

  constructor(
    cgroups: Cgroups,
    launcher: Launcher,
    networks: Networks,
    onEvent: EventSink,
    onClose: () => Promise<void>,
  ) {
    this.#cgroups = cgroups
    this.#launcher = launcher
    this.#networks = networks
    this.#onEvent = onEvent
    this.#onClose = onClose
  }

  get cgroupVersion(): Cgroups['version'] {
    return this.#cgroups.version
  }

  /** Runs one container to its end: a host that cannot do it is found out before anything rests on it. */
  async rehearse(): Promise<void> {
    const plain: string[] = []
    const container = this.#build(rehearsalSpec, (source) => plain.push(source))
    await startedOrRemoved(container, container.started)
    await container.ended
    const canReplaceDirectories = this.#isRealRoot || container.canReplaceDirectories
    await container.remove()
    if (!canReplaceDirectories)
      this.#onEvent({
        type: 'Warning',
        reason: 'DirectoryRemovalUnavailable',
        message:
          'The tmpfs of this kernel has no user attributes (Linux 6.6 has): inside, a directory of the host that is not empty cannot be removed or renamed (EIO). Real root has no such limit.',
      })
    if (!plain.includes('/')) return
    this.#canShift = false
    this.#onEvent({
      type: 'Warning',
      reason: 'IdmapUnavailable',
      message:
        'The root file system cannot be idmapped (Linux 5.19 and a file system such as ext4, xfs, btrfs or tmpfs are needed): root inside a container is root outside, without its capabilities.',
    })
  }

  async create(asked: ContainerSpec, pod?: Container): Promise<Container> {
    const { spec, port } = pod === undefined ? await this.#networks.place(asked) : this.#beside(pod, asked)
    port?.name(spec.hostname)
    const container = this.#build(spec, (source) => this.#plainLayer(spec, source), { port, pod })
    return startedOrRemoved(container, container.started)
  }

  async prepare(asked: ContainerSpec, zygote: Zygote): Promise<PreparedContainer> {
    const { spec, port } = await this.#networks.place(asked)
    const container = this.#build(spec, (source) => this.#plainLayer(spec, source), { port })
    const pid = container.forkCommand(zygote)
    await startedOrRemoved(container, pid)
    return {
      container,
      start: async (hostname) => {
        port?.name(hostname)
        container.join(await pid, hostname)
        await startedOrRemoved(container, container.started)
      },
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#containers].map((container) => container.remove()))
    await this.#launcher.close()
    await this.#cgroups.close()
    await this.#onClose()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #build(spec: ContainerSpec, onPlainLayer: (source: string) => void, { port, pod }: Company = {}): LinuxContainer {
    try {
      const shared = pod === undefined ? undefined : this.#shared(pod)
      const identity = shared?.identity ?? this.#identity(spec)
      const mounts = rootSteps(spec, this.#builder(identity))
      const cgroup = this.#cgroups.create(spec.name, spec.limits)
      const make = (): LinuxContainer => {
        const own = containerSteps(shared ? withoutNetwork(spec) : spec, identity, cgroup.procsFiles)
        const entered = shared ? enteringSteps(own, shared.step) : own
        const steps = [...entered, ...(port?.steps ?? []), ...mounts]
        const inherited = { namespaces: shared?.fds, network: port?.network }
        return new LinuxContainer(spec, steps, cgroup, this.#launcher, onPlainLayer, inherited)
      }
      const container = orRemoved(cgroup, make)
      this.#identities.set(container, identity)
      if (port !== undefined) this.#ports.set(container, port)
      this.#containers.add(container)
      const forget = (): void => {
        this.#containers.delete(container)
        port?.release()
      }
      container.removed.then(forget, forget)
      if (port !== undefined) void container.ended.then(port.forget)
      return container
    } catch (error) {
      port?.release()
      throw error
    }
  }

  /** Who is where on the bridge of its pod. */
  #beside(pod: Container, spec: ContainerSpec): Placed {
    const volumes = this.#ports.get(pod)?.volumes ?? []
    return { spec: { ...spec, volumes: [...volumes, ...spec.volumes] }, port: undefined }
  }

  #shared(pod: Container): { identity: Identity; step: Step; fds: readonly number[] } {
    const identity = this.#identities.get(pod)
    if (identity !== undefined && pod instanceof LinuxContainer && pod.namespaces.isOpen)
      return { identity, ...pod.namespaces.of(SHARED_BY_POD) }
    throw new MydockerError({
      stage: 'enter',
      message: `container ${pod.name} has been removed or is not to be shared`,
    })
  }

  #plainLayer({ name }: ContainerSpec, source: string): void {
    this.#onEvent({
      type: 'Warning',
      reason: 'IdmapUnavailable',
      message: `The file system at ${source} cannot be idmapped: in container ${name} its files belong to nobody.`,
    })
  }

  #identity(spec: ContainerSpec): Identity {
    if (!this.#isRealRoot && spec.network === 'bridge')
      return nestedIdentity(userIdentity(spec.user), userIdentity({ uid: 0, gid: 0 }))
    if (!this.#isRealRoot) return userIdentity(spec.user)
    return this.#canShift ? shiftedIdentity() : unshiftedIdentity()
  }

  #builder({ uidMap, gidMap }: Identity): Builder {
    if (!this.#isRealRoot) return { kind: 'user' }
    return { kind: 'root', uid: outside(uidMap, 0), gid: outside(gidMap, 0) }
  }
}

/** What a container shares with others. */
interface Company {
  readonly port?: Port | undefined
  readonly pod?: Container | undefined
}

/** That of its pod is there and set up. */
function withoutNetwork(spec: ContainerSpec): ContainerSpec {
  return { ...spec, network: 'host', hostPorts: [] }
}

/** No cgroup is left of a container that cannot be made. */
function orRemoved(cgroup: Cgroup, make: () => LinuxContainer): LinuxContainer {
  try {
    return make()
  } catch (error) {
    cgroup.remove().catch(() => {})
    throw error
  }
}

/** Nothing is left of a container that does not come to its start. */
async function startedOrRemoved(container: LinuxContainer, started: Promise<unknown>): Promise<LinuxContainer> {
  try {
    await started
    return container
  } catch (error) {
    await container.remove()
    throw error
  }
}

const rehearsalSpec: ContainerSpec = {
  name: 'rehearsal',
  hostname: 'rehearsal',
  command: [initProgram, 'nothing'],
  env: {},
  workingDir: '/',
  user: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
  ephemeralStorage: 1 << 20,
  volumes: [],
  visible: [packageDirectory],
  network: 'none',
  hostPorts: [],
  limits: {},
  stdio: 'pipe',
  channel: false,
}

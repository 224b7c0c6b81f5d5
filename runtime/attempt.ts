import { UNBOUNDED } from './cgroup/none.ts'
import { Launcher } from './launcher.ts'
import { LinuxContainer } from './linux-container.ts'
import type { Step } from './plan.ts'
import { pidInside } from './processes.ts'

/** What is known after a plan without a command has been carried out. */
export interface Attempt {
  /** Sources of layers that could not be idmapped. */
  readonly plainLayers: readonly string[]
  /** The pid that the first process of the container had inside. */
  readonly pidInside: number | undefined
  /** The network namespace, when a bridge was made in it; the caller closes it. */
  readonly network: number | undefined
}

/**
 * Lets mydocker-init carry out a part of a container.
 * @throws MydockerError of the step that failed
 */
export async function attempt(steps: readonly Step[]): Promise<Attempt> {
  const plainLayers: string[] = []
  const launcher = new Launcher()
  const spec = { name: 'attempt', command: ['nothing'], stdio: 'pipe', channel: false } as const
  const container = new LinuxContainer(spec, steps, UNBOUNDED, launcher, (source) => plainLayers.push(source))
  try {
    await container.started
    await container.ended
    // Until the container is removed its first process is a zombie, which keeps its pids.
    return { plainLayers, pidInside: pidInside(container.initPid), network: container.network }
  } finally {
    await container.remove()
    await launcher.close()
  }
}

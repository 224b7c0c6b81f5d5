import { copyOnWrite, nestedMounts, seccompFilter, wholeContainer } from './containers.ts'
import type { Host } from './host.ts'
import { cpuLimit, memoryLimit, oomVerdict, pidsLimit } from './limits.ts'
import { idmappedMounts, mountProbe, overlayHere, privateIpc, privateProc, privateSysfs } from './mounts.ts'
import { idMaps, privateHostname, privateNetwork, privatePids, userNamespace } from './namespaces.ts'
import { bridgeOfRun, netem } from './networks.ts'
import { nativeHelper, platform } from './platform.ts'
import type { Finding } from './report.ts'

/** One ability of the host, really used. */
export interface Probe {
  readonly name: string
  /** Probes that must have succeeded, at least in part. */
  readonly needs: readonly string[]
  readonly run: (host: Host) => Found | Promise<Found>
}

/** Nothing where the question does not arise. */
type Found = Finding | undefined

export const probes: readonly Probe[] = [
  { name: 'platform', needs: [], run: platform },
  { name: 'native helper', needs: ['platform'], run: nativeHelper },
  { name: 'user namespace', needs: ['native helper'], run: userNamespace },
  { name: 'id maps', needs: ['user namespace'], run: idMaps },
  { name: 'pid', needs: ['id maps'], run: privatePids },
  { name: 'uts', needs: ['id maps'], run: privateHostname },
  { name: 'network', needs: ['id maps'], run: privateNetwork },
  { name: 'mount', needs: ['id maps'], run: mountProbe },
  { name: 'ipc', needs: ['mount'], run: privateIpc },
  { name: 'proc', needs: ['mount', 'pid'], run: privateProc },
  { name: 'sysfs', needs: ['mount', 'network'], run: privateSysfs },
  { name: 'idmapped mounts', needs: ['mount'], run: idmappedMounts },
  { name: 'overlay', needs: ['mount'], run: overlayHere },
  { name: 'container', needs: ['uts', 'ipc', 'proc', 'sysfs', 'overlay'], run: wholeContainer },
  { name: 'seccomp', needs: ['container'], run: seccompFilter },
  { name: 'copy-on-write', needs: ['container'], run: copyOnWrite },
  { name: 'nested mounts', needs: ['container'], run: nestedMounts },
  { name: 'bridge', needs: ['container'], run: bridgeOfRun },
  { name: 'netem', needs: ['network'], run: netem },
  { name: 'memory limit', needs: ['platform'], run: memoryLimit },
  { name: 'OOM verdict', needs: ['container', 'memory limit'], run: oomVerdict },
  { name: 'pids limit', needs: ['memory limit'], run: pidsLimit },
  { name: 'cpu limit', needs: ['memory limit'], run: cpuLimit },
]

import type { PodSpec } from '../../plugin/pod-spec.ts'

const Mi = 2 ** 20

/** A small pod that asks for nothing special, with what a test changes of it. */
export function podSpec(changes: Partial<PodSpec> = {}): PodSpec {
  return {
    file: '/project/src/a.test.ts',
    start: 'auto',
    warm: [],
    hostname: 'a',
    env: { clean: false, set: {} },
    limits: { memory: 64 * Mi, pids: 512 },
    requests: { memory: 64 * Mi },
    qosClass: 'Burstable',
    oomScoreAdjust: 500,
    ephemeralStorage: 256 * Mi,
    network: { mode: 'none', hostPorts: [], egress: false },
    volumes: [],
    persist: [],
    services: [],
    hermetic: 'off',
    restartPolicy: 'Never',
    backoffLimit: 2,
    dropCapabilities: false,
    seccomp: 'RuntimeDefault',
    strict: false,
    ...changes,
  }
}

import { describe, expect, it } from 'vitest'
import { containerSpec, workerEntry } from '../../plugin/container-spec.ts'
import { podEnvironment } from '../../plugin/environment.ts'
import { podSpec } from '../support/pod-spec.ts'

const pod = podSpec()

const around: Parameters<typeof containerSpec>[1] = {
  name: 'a-1',
  execArgv: ['--conditions', 'node'],
  env: { PATH: '/bin', SECRET: 's' },
  configuredEnv: new Set(),
  visible: ['/tmp/project', '/tmp/project/node_modules', '/tmp/projectile'],
  shared: ['/tmp/cache'],
  suitePorts: [],
}

describe('the container of a test file', () => {
  it('runs the worker with the Node and the arguments that Vitest chose', () => {
    expect(containerSpec(pod, around).command).toEqual([process.execPath, '--conditions', 'node', workerEntry])
  })

  it('reads transformed modules from bind mounts that it cannot write to, and has its own volumes after them', () => {
    const own = { mountPath: '/data', hostPath: '/srv/data' }
    expect(containerSpec({ ...pod, volumes: [own] }, around).volumes).toEqual([
      { mountPath: '/tmp/cache', hostPath: '/tmp/cache', readOnly: true },
      own,
    ])
  })

  it('sees each directory once', () => {
    const { visible } = containerSpec(pod, around)
    expect(visible).toContain('/tmp/project')
    expect(visible).toContain('/tmp/projectile')
    expect(visible).not.toContain('/tmp/project/node_modules')
  })

  it('reaches the named ports in both families, and those of the suite where it listens', () => {
    const spec = containerSpec(
      { ...pod, network: { mode: 'none', hostPorts: [5432], egress: false } },
      {
        ...around,
        suitePorts: [
          { port: 3000, families: ['IPv4'] },
          { port: 5432, families: ['IPv6'] },
        ],
      },
    )
    expect(spec.hostPorts).toEqual([
      { port: 5432, families: ['IPv4', 'IPv6'] },
      { port: 3000, families: ['IPv4'] },
    ])
  })

  it("needs no forwarding with the host's network", () => {
    const suitePorts = [{ port: 3000, families: ['IPv4'] as const }]
    expect(
      containerSpec({ ...pod, network: { mode: 'host', hostPorts: [], egress: false } }, { ...around, suitePorts })
        .hostPorts,
    ).toEqual([])
  })

  it('takes over user and group one by one', () => {
    const { user } = containerSpec({ ...pod, user: { uid: 1234 } }, around)
    expect(user).toEqual({ uid: 1234, gid: process.getgid?.() })
  })
})

describe('its environment', () => {
  const inherited = {
    PATH: '/bin',
    SECRET: 's',
    VITEST: 'true',
    NODE_ENV: 'test',
    LC_ALL: 'C',
    CONF: 'c',
    GONE: undefined,
  }

  it('is that of other pools, with what is set on top', () => {
    expect(podEnvironment(inherited, { clean: false, set: { SECRET: 'x', NEW: 'n' } }, new Set())).toEqual({
      ...{ PATH: '/bin', SECRET: 'x', VITEST: 'true', NODE_ENV: 'test', LC_ALL: 'C', CONF: 'c', NEW: 'n' },
    })
  })

  it('is, when clean, what programs, Node and Vitest need and what `test.env` names', () => {
    expect(podEnvironment(inherited, { clean: true, set: { NEW: 'n' } }, new Set(['CONF']))).toEqual({
      ...{ PATH: '/bin', VITEST: 'true', NODE_ENV: 'test', LC_ALL: 'C', CONF: 'c', NEW: 'n' },
    })
  })
})

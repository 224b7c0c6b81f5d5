import { describe, expect, it } from 'vitest'
import { readDocblock } from '../../plugin/docblock.ts'
import { type PodOptions, parseOptions } from '../../plugin/options.ts'
import { type Node, type PodFile, type PodSpec, resolvePodSpec } from '../../plugin/pod-spec.ts'

const Mi = 2 ** 20
const Gi = 2 ** 30

const node: Node = { allocatableMemory: 7.3 * Gi, cores: 4, maxWorkers: 3, ci: false }
const file: PodFile = { path: '/repo/app/src/cart/total.test.ts', projectRoot: '/repo/app', projectName: 'unit' }

interface Given {
  plugin?: PodOptions
  project?: PodOptions
  docblock?: string
  file?: Partial<PodFile>
  node?: Partial<Node>
}

function resolve(given: Given): PodSpec {
  const { plugin = {}, project = {}, docblock = '' } = given
  return resolvePodSpec(
    {
      configured: [
        parseOptions(plugin, 'plugin options', file.projectRoot),
        parseOptions(project, "test.mydocker of project 'unit'", file.projectRoot),
      ],
      docblock: readDocblock(`// @mydocker ${docblock}`.trim().replace(/^.*@mydocker$/, ''), file.path),
    },
    { ...file, ...given.file },
    { ...node, ...given.node },
  )
}

const memory = (limit: string): PodOptions => ({ resources: { limits: { memory: limit } } })

describe('defaults', () => {
  it('request what the file is expected to need, within its limit', () => {
    const expecting = (megabytes: number): Given => ({ file: { expectedMemory: megabytes * Mi } })
    expect(resolve(expecting(40)).requests.memory).toBe(40 * Mi)
    expect(resolve({ ...expecting(700), plugin: memory('512Mi') }).requests.memory).toBe(512 * Mi)
    expect(resolve({ ...expecting(700), docblock: 'requests.memory=64Mi' }).requests.memory).toBe(64 * Mi)
    // A file that once needed much does not get a larger limit by that, nor can it never run again.
    const { requests, limits } = resolve(expecting(9000))
    expect(limits.memory).toBe(resolve({}).limits.memory)
    expect(requests.memory).toBe(limits.memory)
  })

  it('are a private container that shares the machine evenly', () => {
    expect(resolve({})).toMatchInlineSnapshot(`
      {
        "activeDeadlineSeconds": undefined,
        "backoffLimit": 2,
        "dropCapabilities": false,
        "env": {
          "clean": false,
          "set": {},
        },
        "ephemeralStorage": 2147483648,
        "file": "/repo/app/src/cart/total.test.ts",
        "flaky": undefined,
        "hermetic": "off",
        "hostname": "total-test-fee5da",
        "limits": {
          "cpu": undefined,
          "memory": 2612002816,
          "pids": 512,
          "swap": undefined,
        },
        "memoryBackoff": undefined,
        "network": {
          "conditions": undefined,
          "egress": false,
          "hostPorts": [],
          "mode": "none",
        },
        "oomScoreAdjust": 1000,
        "persist": [],
        "qosClass": "BestEffort",
        "requests": {
          "cpu": undefined,
          "memory": 134217728,
        },
        "restartPolicy": "Never",
        "seccomp": "RuntimeDefault",
        "seed": undefined,
        "services": [],
        "size": undefined,
        "start": "auto",
        "strict": false,
        "user": undefined,
        "volumes": [],
        "warm": [],
        "workingDir": undefined,
      }
    `)
  })

  it('are strict where nobody reads warnings', () => {
    expect(resolve({ node: { ci: true } }).strict).toBe(true)
    expect(resolve({ node: { ci: true }, plugin: { strict: false } }).strict).toBe(false)
  })

  it('bend to what was asked for', () => {
    const crowded = { node: { maxWorkers: 100 } }
    expect(resolve(crowded).limits.memory).toBe(128 * Mi)
    expect(resolve({ ...crowded, plugin: { resources: { requests: { memory: '1Gi' } } } }).limits.memory).toBe(Gi)
    expect(resolve({ plugin: memory('64Mi') }).requests.memory).toBe(64 * Mi)
  })
})

describe('layers', () => {
  it('win in this order: docblock, overrides, project, plugin', () => {
    const plugin = { ...memory('100Mi'), overrides: [{ include: ['src/**'], ...memory('300Mi') }] }
    const project = { ...memory('200Mi'), overrides: [{ include: ['src/cart/*'], ...memory('400Mi') }] }
    const limit = (given: Given): number => resolve(given).limits.memory / Mi
    expect(limit({ plugin, project, docblock: 'limits.memory=500Mi' })).toBe(500)
    expect(limit({ plugin, project })).toBe(400)
    expect(limit({ plugin, project: memory('200Mi') })).toBe(300)
    expect(limit({ plugin: memory('100Mi'), project: memory('200Mi') })).toBe(200)
    expect(limit({ plugin: memory('100Mi') })).toBe(100)
  })

  it('are merged option by option, and lists are replaced', () => {
    const spec = resolve({
      plugin: {
        resources: { limits: { memory: '256Mi', pids: 100 }, requests: { cpu: '500m' } },
        env: { A: 'plugin', B: 'plugin' },
        persist: ['a/**', 'b/**'],
        securityContext: { runAsUser: 1000, capabilities: { drop: ['ALL'] } },
        network: { hostPorts: [5432] },
      },
      project: {
        resources: { limits: { cpu: 2 } },
        env: { B: 'project' },
        persist: ['c/**'],
        securityContext: { runAsGroup: 2000 },
        network: { mode: 'none' },
        hostname: undefined,
      },
    })
    expect(spec).toMatchObject({
      limits: { memory: 256 * Mi, pids: 100, cpu: 2000 },
      requests: { cpu: 500 },
      env: { clean: false, set: { A: 'plugin', B: 'project' } },
      persist: ['c/**'],
      user: { uid: 1000, gid: 2000 },
      dropCapabilities: true,
      network: { mode: 'none', hostPorts: [5432] },
    })
  })

  it('apply all overrides that match, the last one strongest', () => {
    const overrides = [
      { include: ['src/**'], hostname: 'first', persist: ['a/**'] },
      { include: ['src/cart/**'], hostname: 'second' },
      { include: ['test/**'], hostname: 'third' },
    ]
    expect(resolve({ plugin: { overrides } })).toMatchObject({ hostname: 'second', persist: ['a/**'] })
  })

  it('match paths relative to the project', () => {
    const override = (glob: string): string =>
      resolve({ plugin: { overrides: [{ include: [glob], hostname: 'hit' }] } }).hostname
    for (const glob of ['**/*.test.ts', 'src/cart/total.test.ts', './src/**', 'src/{cart,shop}/*']) {
      expect(override(glob), glob).toBe('hit')
    }
    for (const glob of ['*.test.ts', 'app/src/**', 'total.test.ts']) expect(override(glob), glob).not.toBe('hit')
  })

  it('forget what weaker ones set, where a short form says so', () => {
    const plugin: PodOptions = { env: { A: '1' }, network: { hostPorts: [5432] } }
    expect(resolve({ plugin, docblock: 'network=none' }).network).toEqual({
      mode: 'none',
      hostPorts: [],
      egress: false,
    })
    expect(resolve({ plugin, docblock: 'network.mode=host' }).network.hostPorts).toEqual([])
    const project: PodOptions = { env: 'clean' }
    expect(resolve({ plugin, project }).env).toEqual({ clean: true, set: {} })
    expect(resolve({ plugin, project, docblock: 'env.B=2' }).env).toEqual({ clean: true, set: { B: '2' } })
  })
})

describe('the network', () => {
  it('has the conditions that any layer gave it, each by itself, in microseconds, shares and bits', () => {
    const plugin: PodOptions = { network: { mode: 'bridge', conditions: { delay: '100ms', loss: '1%' } } }
    const docblock = 'network.conditions.loss=0.5% network.conditions.rate=10M network.conditions.jitter=250us'
    expect(resolve({ plugin, docblock }).network).toEqual({
      mode: 'bridge',
      hostPorts: [],
      egress: false,
      conditions: { delay: 100_000, jitter: 250, loss: 0.005, rate: 10_000_000 },
    })
    expect(resolve({ plugin, docblock: 'network=bridge' }).network.conditions).toBeUndefined()
  })

  it.each([
    [{ mode: 'bridge', egress: true }, 'network.mode=none', "network.egress needs network.mode 'bridge'"],
    [{ conditions: { delay: '1ms' } }, 'network.mode=host', "the host's own network is not changed"],
    [{ conditions: { jitter: '1ms' } }, 'network.mode=none', 'jitter needs a delay'],
  ] as const)('%o is refused with %s', (network, docblock, complaint) => {
    expect(() => resolve({ plugin: { network }, docblock })).toThrow(complaint)
  })
})

describe('paths', () => {
  it('are relative to the project', () => {
    const spec = resolve({
      project: {
        workingDir: 'packages/a',
        volumes: [
          { mountPath: '/data', hostPath: '../../tmp', readOnly: true },
          { mountPath: '/cache', emptyDir: {} },
        ],
      },
    })
    expect(spec.workingDir).toBe('/repo/app/packages/a')
    expect(spec.volumes).toEqual([
      { mountPath: '/data', hostPath: '/tmp', readOnly: true },
      { mountPath: '/cache', hostPath: undefined, readOnly: false },
    ])
  })
})

describe('hostname', () => {
  const hostname = (path: string, projectName = 'unit'): string => resolve({ file: { path, projectName } }).hostname

  it('tells files of one name apart, and is the same in every run', () => {
    const names = [
      hostname('/repo/app/a/index.test.ts'),
      hostname('/repo/app/b/index.test.ts'),
      hostname('/repo/app/b/index.test.ts', 'e2e'),
    ]
    expect(new Set(names).size).toBe(3)
    expect(names[0]).toBe(hostname('/repo/app/a/index.test.ts'))
  })

  it.each([
    '/repo/app/[id].test.ts',
    '/repo/app/Größe & Maß.test.tsx',
    `/repo/app/${'long'.repeat(40)}.test.ts`,
    '/repo/app/日本.ts',
    '/repo/app/-.ts',
    '/repo/app/.test.ts',
  ])('is a label that a host may have: %s', (path) => {
    expect(hostname(path)).toMatch(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/)
  })
})

describe('a contradiction between layers', () => {
  it('names both layers', () => {
    expect(() =>
      resolve({ plugin: { resources: { requests: { memory: '512Mi' } } }, docblock: 'limits.memory=256Mi' }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[MydockerError: mydocker: options: src/cart/total.test.ts: resources.requests.memory 512Mi (plugin options) is more than resources.limits.memory 256Mi (docblock); lower the request or raise the limit]`,
    )
    expect(() =>
      resolve({
        plugin: { overrides: [{ include: ['**'], resources: { limits: { cpu: '500m' } } }] },
        docblock: 'requests.cpu=2',
      }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[MydockerError: mydocker: options: src/cart/total.test.ts: resources.requests.cpu 2 (docblock) is more than resources.limits.cpu 500m (plugin options: overrides[0]); lower the request or raise the limit]`,
    )
  })

  it('is to request more than there is', () => {
    expect(() =>
      resolve({ project: { resources: { requests: { memory: '16Gi' } } } }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[MydockerError: mydocker: scheduling: src/cart/total.test.ts: 0/1 nodes are available: Insufficient memory: resources.requests.memory 16Gi (test.mydocker of project 'unit'), allocatable 7.3Gi besides Vitest itself; lower what is requested, or run it on a larger machine]`,
    )
    expect(() => resolve({ project: { resources: { requests: { cpu: 8 } } } })).toThrowErrorMatchingInlineSnapshot(
      `[MydockerError: mydocker: scheduling: src/cart/total.test.ts: 0/1 nodes are available: Insufficient cpu: resources.requests.cpu 8 (test.mydocker of project 'unit'), allocatable 4 cores; lower what is requested, or run it on a larger machine]`,
    )
    expect(() => resolve({ node: { allocatableMemory: 100 * Mi } })).toThrowErrorMatchingInlineSnapshot(
      `[MydockerError: mydocker: scheduling: src/cart/total.test.ts: 0/1 nodes are available: Insufficient memory: resources.requests.memory 128Mi (default), allocatable 100Mi besides Vitest itself; lower what is requested, or run it on a larger machine]`,
    )
  })

  it('is not to be allowed more than there is', () => {
    expect(resolve({ plugin: memory('64Gi') }).limits.memory).toBe(64 * Gi)
  })
})

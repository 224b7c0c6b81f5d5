import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type * as v from 'valibot'
import { afterAll, describe, expect, expectTypeOf, it } from 'vitest'
import type { InlineConfig } from 'vitest/node'
import type {} from '../../plugin/augmentation.ts'
import type { optionsSchema } from '../../plugin/option-schema.ts'
import { checkOverrides, type PodOptions, parseOptions } from '../../plugin/options.ts'

const project = mkdtempSync(join(tmpdir(), 'mydocker-options-'))
mkdirSync(join(project, 'fixtures'))
writeFileSync(join(project, 'fixtures/seed.sql'), '')
afterAll(() => rmSync(project, { recursive: true }))

function parse(options: unknown) {
  return parseOptions(options, 'plugin options', project)
}

/** Error text with the project's directory named `<project>`. */
function errorOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    return String(error).replaceAll(project, '<project>')
  }
  throw new Error('nothing was thrown')
}

describe('what is accepted', () => {
  it('is nothing at all', () => {
    expect(parse({})).toEqual({ where: 'plugin options', patch: {}, overrides: [], report: {} })
    expect(parse(undefined).patch).toEqual({})
  })

  it('is every option', () => {
    const options: PodOptions = {
      image: 'host',
      start: 'exec',
      resources: {
        requests: { memory: '128Mi', cpu: '250m' },
        limits: { memory: '256Mi', cpu: 1.5, pids: 100, 'ephemeral-storage': '1Gi' },
      },
      network: { mode: 'none', hostPorts: [5432] },
      hostname: 'db-1',
      env: { TZ: 'UTC', EMPTY: '' },
      workingDir: 'packages/app',
      securityContext: { runAsUser: 1000, runAsGroup: 1000, capabilities: { drop: ['ALL'] } },
      volumes: [
        { mountPath: '/data/', hostPath: './fixtures', readOnly: true },
        { mountPath: '/cache', emptyDir: {} },
      ],
      persist: ['test-results/**'],
      activeDeadlineSeconds: 30,
      strict: true,
      overrides: [{ include: ['test/e2e/**'], network: 'host', env: 'clean' }],
      report: { summary: false },
    }
    expect(parse(options)).toMatchInlineSnapshot(`
      {
        "overrides": [
          {
            "include": [
              "test/e2e/**",
            ],
            "patch": {
              "env": {
                "clean": true,
                "set": {},
              },
              "network": {
                "conditions": {
                  "delay": 0,
                  "jitter": 0,
                  "loss": 0,
                  "rate": 0,
                },
                "egress": false,
                "hostPorts": [],
                "mode": "host",
              },
            },
            "where": "plugin options: overrides[0]",
          },
        ],
        "patch": {
          "activeDeadlineSeconds": 30,
          "env": {
            "clean": false,
            "set": {
              "EMPTY": "",
              "TZ": "UTC",
            },
          },
          "hostname": "db-1",
          "image": "host",
          "network": {
            "hostPorts": [
              5432,
            ],
            "mode": "none",
          },
          "persist": [
            "test-results/**",
          ],
          "resources": {
            "limits": {
              "cpu": 1500,
              "ephemeral-storage": 1073741824,
              "memory": 268435456,
              "pids": 100,
            },
            "requests": {
              "cpu": 250,
              "memory": 134217728,
            },
          },
          "securityContext": {
            "capabilities": {
              "drop": [
                "ALL",
              ],
            },
            "runAsGroup": 1000,
            "runAsUser": 1000,
          },
          "start": "exec",
          "strict": true,
          "volumes": [
            {
              "hostPath": "./fixtures",
              "mountPath": "/data",
              "readOnly": true,
            },
            {
              "emptyDir": {},
              "mountPath": "/cache",
            },
          ],
          "workingDir": "packages/app",
        },
        "report": {
          "summary": false,
        },
        "where": "plugin options",
      }
    `)
  })

  it('is an option that is undefined, which says nothing', () => {
    expect(
      parse({ hostname: undefined, resources: { limits: { memory: undefined } }, overrides: undefined }).patch,
    ).toEqual({
      resources: { limits: {} },
    })
  })

  it('is described by the types that users see', () => {
    expectTypeOf<PodOptions>().toExtend<v.InferInput<typeof optionsSchema>>()
    expectTypeOf<v.InferInput<typeof optionsSchema>>().toExtend<PodOptions>()
  })

  it('is typed in the Vitest configuration, for the root and for projects', () => {
    const config: InlineConfig = {
      mydocker: { resources: { limits: { memory: '256Mi' } } },
      projects: [{ test: { name: 'e2e', mydocker: { network: 'host' } } }],
    }
    expect(config.mydocker).toBeDefined()
    // @ts-expect-error: not a mode of network
    config.mydocker = { network: 'hots' }
    // @ts-expect-error: no such option
    config.mydocker = { netwrok: 'host' }
  })
})

describe('an error', () => {
  it('names the place, the option, what is wrong and the likely cure', () => {
    expect(errorOf(() => parse({ resources: { limits: { memory: '10Mo' } } }))).toMatchInlineSnapshot(
      `"MydockerError: mydocker: options: plugin options: resources.limits.memory: '10Mo' is not a quantity; use a number of bytes or a suffix Ki Mi Gi Ti (powers of 1024) or k M G T: '10Mi'"`,
    )
  })

  it('lists all problems at once', () => {
    expect(
      errorOf(() =>
        parse({
          netwrok: 'host',
          limits: { memory: '64Mi' },
          hostPorts: [5432],
          colour: 'red',
          resources: { limits: { memory: '10Mo', cpus: 2, ephemeralStorage: '1Gi' }, request: {} },
          hostname: 'My_Host',
          start: 'fast',
          network: 'vlan',
          env: { PORT: 5432, 'A=B': 'x' },
          securityContext: { runAsUser: 'node', capabilities: { drop: ['NET_RAW'] } },
          persist: 'out/**',
          activeDeadlineSeconds: 0.5,
          strict: 'yes',
          report: { pdf: true, json: 7, html: '' },
          overrides: [{ include: 'test/**' }, { network: 'host' }, { include: [], report: {}, hostname: '' }],
        }),
      ),
    ).toMatchInlineSnapshot(`
      "MydockerError: mydocker: options: plugin options: 26 problems
        start: 'fast' is not 'zygote', 'exec' or 'auto'
        resources.limits.memory: '10Mo' is not a quantity; use a number of bytes or a suffix Ki Mi Gi Ti (powers of 1024) or k M G T: '10Mi'
        resources.limits.cpus: no such option; did you mean cpu?
        resources.limits.ephemeralStorage: no such option; did you mean ephemeral-storage?
        resources.request: no such option; did you mean requests?
        network: 'vlan' is not 'none', 'host' or 'bridge'
        hostname: 'My_Host' is not a host name: 1 to 63 of a-z, 0-9 and -, not first or last; write 'my-host'
        env.PORT: 5432 is not a string; quote it: '5432'
        env['A=B']: 'A=B' cannot name an environment variable (empty, or with = or NUL in it)
        securityContext.runAsUser: 'node' is not a user or group id: a whole number from 0 to 4294967294
        securityContext.capabilities.drop[0]: 'NET_RAW' is not 'ALL'
        persist: 'out/**' is not a list; write ['out/**']
        activeDeadlineSeconds: 0.5 is not a number of seconds: a whole number from 1 to 2147483
        strict: 'yes' is not true or false
        overrides[0].include: 'test/**' is not a list; write ['test/**']
        overrides[1].include: is missing; write { include: ['test/e2e/**'], network: 'host' }
        overrides[2].hostname: '' is not a host name: 1 to 63 of a-z, 0-9 and -, not first or last; write 'db'
        overrides[2].include: is empty; give at least one glob: ['test/e2e/**']
        overrides[2].report: cannot be set here, only at the top level of the options
        report.json: 7 is not a path, or true for the default one
        report.html: '' is not a path; write 'reports/mydocker.html'
        report.pdf: no such option; known here: summary, json, html, openmetrics
        netwrok: no such option; did you mean network?
        limits: no such option; did you mean resources.limits?
        hostPorts: no such option; did you mean network.hostPorts?
        colour: no such option; known here: image, start, warm, seed, resources, network, hostname, env, workingDir, securityContext, volumes, persist, restartPolicy, backoffLimit, memoryBackoff, flaky, services, activeDeadlineSeconds, hermetic, size, strict, overrides, report"
    `)
  })

  it('says so when the options are no object', () => {
    expect(errorOf(() => parse('256Mi'))).toMatchInlineSnapshot(
      `"MydockerError: mydocker: options: plugin options: '256Mi' is not an object such as { resources: { limits: { memory: '256Mi' } } }"`,
    )
    expect(errorOf(() => parse([]))).toMatchInlineSnapshot(
      `"MydockerError: mydocker: options: plugin options: a list is not an object such as { resources: { limits: { memory: '256Mi' } } }"`,
    )
    expect(errorOf(() => parse({ resources: '256Mi', volumes: {}, overrides: {} }))).toMatchInlineSnapshot(`
      "MydockerError: mydocker: options: plugin options: 3 problems
        resources: '256Mi' is not an object such as { limits: { memory: '256Mi' } }
        volumes: an object is not a list; write [{ mountPath: '/data', hostPath: './fixtures' }]
        overrides: an object is not a list; write [{ include: ['test/e2e/**'], network: 'host' }]"
    `)
  })
})

describe('resources', () => {
  it('must let Node start', () => {
    expect(errorOf(() => parse({ resources: { limits: { memory: 256, pids: 4, cpu: '1m' } } }))).toMatchInlineSnapshot(`
      "MydockerError: mydocker: options: plugin options: 3 problems
        resources.limits.memory: 256 is below 64Mi, which Node with Vitest needs to start; a number alone is bytes: did you mean '256Mi'?
        resources.limits.cpu: 1m is below 10m, the least that the kernel enforces
        resources.limits.pids: 4 is below 16, which Node needs for its own threads"
    `)
    expect(parse({ resources: { limits: { memory: '64Mi' } } }).patch.resources?.limits?.memory).toBe(64 * 2 ** 20)
  })

  it('cannot request more than they allow', () => {
    expect(
      errorOf(() => parse({ resources: { requests: { memory: '1Gi', cpu: 2 }, limits: { memory: '512Mi', cpu: 1 } } })),
    ).toMatchInlineSnapshot(`
      "MydockerError: mydocker: options: plugin options: 2 problems
        resources: requests.memory 1Gi is more than limits.memory 512Mi
        resources: requests.cpu 2 is more than limits.cpu 1"
    `)
  })
})

describe('network', () => {
  it('takes ports of this machine', () => {
    expect(errorOf(() => parse({ network: { hostPorts: [0, 5432, 65536, '80'] } }))).toMatchInlineSnapshot(`
      "MydockerError: mydocker: options: plugin options: 3 problems
        network.hostPorts[0]: 0 is not a port: a whole number from 1 to 65535
        network.hostPorts[2]: 65536 is not a port: a whole number from 1 to 65535
        network.hostPorts[3]: '80' is not a port: a whole number from 1 to 65535"
    `)
  })

  it('has no ports to open where all are', () => {
    expect(errorOf(() => parse({ network: { mode: 'host', hostPorts: [5432] } }))).toMatchInlineSnapshot(
      `"MydockerError: mydocker: options: plugin options: network: with mode 'host' every port of the host is reachable; leave hostPorts out, or use mode 'none'"`,
    )
  })

  it('says how its conditions are written', () => {
    const conditions = { delay: '100', jitter: '300s', loss: '101%', rate: '10Mbit' }
    expect(errorOf(() => parse({ network: { conditions } }))).toMatchInlineSnapshot(`
      "MydockerError: mydocker: options: plugin options: 4 problems
        network.conditions.delay: '100' is not a time; write a number with us, ms or s: '100ms'
        network.conditions.jitter: '300s' is more than 274s, the most that the kernel takes
        network.conditions.loss: '101%' is not a share; write '0%' to '100%'
        network.conditions.rate: '10Mbit' is not a rate; use a number of bits a second or a suffix k M G: '10M'"
    `)
    expect(errorOf(() => parse({ network: { mode: 'none', egress: true } }))).toContain("egress needs mode 'bridge'")
  })
})

describe('hostname', () => {
  it('is a label of at most 63 characters', () => {
    expect(errorOf(() => parse({ hostname: 'a'.repeat(65) }))).toMatchInlineSnapshot(
      `"MydockerError: mydocker: options: plugin options: hostname: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' is not a host name: 1 to 63 of a-z, 0-9 and -, not first or last; write 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'"`,
    )
    expect(errorOf(() => parse({ hostname: 'db.example.test' }))).toMatchInlineSnapshot(
      `"MydockerError: mydocker: options: plugin options: hostname: 'db.example.test' is not a host name: 1 to 63 of a-z, 0-9 and -, not first or last; write 'db-example-test'"`,
    )
    expect(errorOf(() => parse({ hostname: '---' }))).toMatchInlineSnapshot(
      `"MydockerError: mydocker: options: plugin options: hostname: '---' is not a host name: 1 to 63 of a-z, 0-9 and -, not first or last; write 'db'"`,
    )
    expect(parse({ hostname: 'a'.repeat(63) }).patch.hostname).toHaveLength(63)
  })
})

describe('volumes', () => {
  it('need a source that exists, and only one', () => {
    expect(
      errorOf(() =>
        parse({
          volumes: [
            { mountPath: '/a' },
            { mountPath: '/b', hostPath: 'fixtures', emptyDir: {} },
            { mountPath: '/c', emptyDir: {}, readOnly: true },
            { mountPath: '/d', hostPath: '~/data' },
            { mountPath: '/e', emptyDir: { medium: 'Memory' } },
            { hostPath: 'fixtures' },
          ],
        }),
      ),
    ).toMatchInlineSnapshot(`
      "MydockerError: mydocker: options: plugin options: 6 problems
        volumes[0]: has no source; give hostPath: './fixtures', or emptyDir: {} for an empty directory
        volumes[1]: has hostPath and emptyDir; a volume is one or the other
        volumes[2]: is an empty directory that nobody may write to; leave readOnly out
        volumes[3].hostPath: '~/data' is not expanded; use os.homedir()
        volumes[4].emptyDir.medium: no such option; nothing can be set here
        volumes[5].mountPath: is missing; write { mountPath: '/data', hostPath: './fixtures' }"
    `)
    expect(
      errorOf(() =>
        parse({
          volumes: [
            { mountPath: '/a', hostPath: 'fixtures/seed.sql' },
            { mountPath: '/b', hostPath: 'fixtrues' },
          ],
          overrides: [{ include: ['e2e/**'], volumes: [{ mountPath: '/c', hostPath: '/nowhere/at/all' }] }],
        }),
      ),
    ).toMatchInlineSnapshot(`
      "MydockerError: mydocker: options: plugin options: 2 problems
        volumes[1].hostPath: <project>/fixtrues does not exist; create it before Vitest starts, or use emptyDir: {}
        overrides[0].volumes[0].hostPath: /nowhere/at/all does not exist; create it before Vitest starts, or use emptyDir: {}"
    `)
  })

  it('have places of their own', () => {
    expect(
      errorOf(() =>
        parse({
          volumes: ['data', '/', '/proc', '/sys/fs', '/dev'].map((mountPath) => ({ mountPath, emptyDir: {} })),
        }),
      ),
    ).toMatchInlineSnapshot(`
      "MydockerError: mydocker: options: plugin options: 5 problems
        volumes[0].mountPath: 'data' is not an absolute path of the container; write '/data'
        volumes[1].mountPath: '/' is the container's own; choose another place, such as '/data'
        volumes[2].mountPath: '/proc' is the container's own; choose another place, such as '/data'
        volumes[3].mountPath: '/sys/fs' is the container's own; choose another place, such as '/data'
        volumes[4].mountPath: '/dev' is the container's own; choose another place, such as '/data'"
    `)
    expect(
      errorOf(() => parse({ volumes: ['/data', '/x/../data/'].map((mountPath) => ({ mountPath, emptyDir: {} })) })),
    ).toMatchInlineSnapshot(
      `"MydockerError: mydocker: options: plugin options: volumes[1]: '/data' is the mountPath of volumes[0] too"`,
    )
  })
})

describe('persist', () => {
  it('stays in the project', () => {
    expect(errorOf(() => parse({ persist: ['/var/log/**', '../out/**', '', '!out/tmp/**'] }))).toMatchInlineSnapshot(`
      "MydockerError: mydocker: options: plugin options: 4 problems
        persist[0]: '/var/log/**' leaves the project; globs are relative to its root; for other places use volumes with a hostPath
        persist[1]: '../out/**' leaves the project; globs are relative to its root; for other places use volumes with a hostPath
        persist[2]: '' is not a glob; write 'test/e2e/**'
        persist[3]: '!out/tmp/**' takes nothing away from the other globs; write narrower ones, or '!(a|b)' in a path"
    `)
  })
})

describe('overrides', () => {
  const files = ['src/cart.test.ts', 'test/e2e/login.test.ts'].map((name) => ({
    path: join(project, name),
    projectRoot: project,
  }))

  it('must be for some test file', () => {
    const options = parse({
      overrides: [
        { include: ['test/e2e/**'], network: 'host' },
        { include: ['tests/e2e/login.test.ts'] },
        { include: ['packages/**', 'apps/**'] },
      ],
    })
    expect(errorOf(() => checkOverrides(options, files))).toMatchInlineSnapshot(`
      "MydockerError: mydocker: options: plugin options: 2 problems
        overrides[1].include: 'tests/e2e/login.test.ts' matches no test file; globs are relative to the project, as in 'test/e2e/login.test.ts'
        overrides[2].include: 'packages/**' or 'apps/**' matches no test file; globs are relative to the project, as in 'src/cart.test.ts'"
    `)
  })

  it('are for some test file if one of their globs is', () => {
    const options = parse({ overrides: [{ include: ['**/*.spec.ts', '**/*.test.ts'] }, { include: ['./src/*'] }] })
    expect(() => checkOverrides(options, files)).not.toThrow()
  })

  it('may be for a project that has no test files yet', () => {
    expect(() => checkOverrides(parse({ overrides: [{ include: ['src/**'] }] }), [])).not.toThrow()
  })
})

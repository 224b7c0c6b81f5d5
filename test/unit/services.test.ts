import { describe, expect, it } from 'vitest'
import { parseOptions, type Service } from '../../plugin/options.ts'
import { type Node, type PodSpec, resolvePodSpec } from '../../plugin/pod-spec.ts'

const Mi = 2 ** 20
const node: Node = { allocatableMemory: 8192 * Mi, cores: 4, maxWorkers: 2, ci: false }
const file = { path: '/repo/total.test.ts', projectRoot: '/repo', projectName: '' }
const redis: Service = { name: 'redis', command: ['redis-server'] }

function resolve(options: object): PodSpec {
  return resolvePodSpec({ configured: [parseOptions(options, 'plugin options', '/repo')] }, file, node)
}

function errorOf(services: unknown): string {
  try {
    parseOptions({ services }, 'plugin options', '/repo')
  } catch (error) {
    return String(error).replace(/^.*plugin options: /, '')
  }
  throw new Error('nothing was thrown')
}

describe('a service', () => {
  it('has the limit, the user and the directory of its file where it says nothing', () => {
    const options = { services: [redis], resources: { limits: { memory: '512Mi' } }, securityContext: { runAsUser: 7 } }
    expect(resolve(options).services).toMatchInlineSnapshot(`
      [
        {
          "command": [
            "redis-server",
          ],
          "env": {},
          "ephemeralStorage": 2147483648,
          "gracePeriod": 2000,
          "limits": {
            "cpu": undefined,
            "memory": 536870912,
            "pids": 512,
          },
          "name": "redis",
          "postStart": undefined,
          "preStop": undefined,
          "probe": undefined,
          "requests": {
            "cpu": undefined,
            "memory": 67108864,
          },
          "restartPolicy": "Always",
          "template": undefined,
          "user": {
            "gid": undefined,
            "nonRoot": false,
            "uid": 7,
          },
          "volumes": [],
          "workingDir": "/repo",
        },
      ]
    `)
  })

  it('has what it says', () => {
    const [service] = resolve({
      services: [
        {
          ...redis,
          args: ['--save', ''],
          env: { TZ: 'UTC' },
          workingDir: 'db',
          resources: {
            requests: { memory: '10Mi' },
            limits: { memory: '20Mi', cpu: 1, pids: 5, 'ephemeral-storage': '1Mi' },
          },
          securityContext: { runAsUser: 1, runAsGroup: 2, runAsNonRoot: true },
          volumes: [{ mountPath: '/data', emptyDir: {} }],
          template: { mountPath: '/srv', command: ['init'] },
          readinessProbe: {
            httpGet: { port: 80, path: '/up' },
            initialDelaySeconds: 0.5,
            periodSeconds: 0.1,
            timeoutSeconds: 2,
            successThreshold: 3,
            failureThreshold: 50,
          },
          restartPolicy: 'Never',
          lifecycle: { postStart: { exec: { command: ['seed'] } }, preStop: { exec: { command: ['save', 'it'] } } },
          terminationGracePeriodSeconds: 0,
        },
      ],
    }).services
    expect(service).toEqual({
      name: 'redis',
      command: ['redis-server', '--save', ''],
      env: { TZ: 'UTC' },
      workingDir: '/repo/db',
      limits: { memory: 20 * Mi, cpu: 1000, pids: 5 },
      requests: { memory: 10 * Mi, cpu: undefined },
      ephemeralStorage: Mi,
      user: { uid: 1, gid: 2, nonRoot: true },
      volumes: [{ mountPath: '/data', hostPath: undefined, readOnly: false }],
      template: { mountPath: '/srv', command: ['init'] },
      probe: {
        action: { kind: 'httpGet', port: 80, path: '/up' },
        initialDelay: 500,
        period: 100,
        timeout: 2000,
        successThreshold: 3,
        bound: 5000,
      },
      restartPolicy: 'Never',
      postStart: ['seed'],
      preStop: ['save', 'it'],
      gracePeriod: 0,
    })
  })

  it('is asked every 50 ms for a minute by default', () => {
    const [service] = resolve({ services: [{ ...redis, readinessProbe: { tcpSocket: { port: 6379 } } }] }).services
    expect(service?.probe).toMatchObject({
      initialDelay: 0,
      period: 50,
      timeout: 1000,
      successThreshold: 1,
      bound: 60_000,
    })
  })

  it('counts for the requests of its pod', () => {
    const requests = { memory: '16Mi', cpu: '250m' }
    const services = [
      { ...redis, resources: { requests } },
      { ...redis, name: 'other' },
    ]
    expect(resolve({ services }).requests).toEqual({ memory: (128 + 16 + 64) * Mi, cpu: 250 })
  })

  it('of an override replaces the list', () => {
    const overrides = [{ include: ['*.test.ts'], services: [] }]
    expect(resolve({ services: [redis], overrides }).services).toEqual([])
  })
})

describe('an error names', () => {
  it('names that are not unique, commands without a program, several probes and unknown fields', () => {
    expect(errorOf([redis, redis])).toBe("services[1]: 'redis' is the name of services[0] too")
    expect(errorOf([{ name: 'redis', command: [] }])).toContain('services[0].command: has no program')
    expect(errorOf([{ name: 'redis', command: 'redis-server' }])).toBe(
      "services[0].command: 'redis-server' is not a list; write ['redis-server']",
    )
    const twice = { tcpSocket: { port: 1 }, exec: { command: ['true'] } }
    expect(errorOf([{ ...redis, readinessProbe: twice }])).toContain('give one of exec, tcpSocket and httpGet')
    expect(errorOf([{ ...redis, readinessProbe: {} }])).toContain('give one of exec, tcpSocket and httpGet')
    expect(errorOf([{ ...redis, probe: {} }])).toContain('services[0].probe: no such option')
  })

  it('hosts that nobody could look up, ports that are none, and who is root and is not', () => {
    const at = (tcpSocket: object) => errorOf([{ ...redis, readinessProbe: { tcpSocket } }])
    expect(at({ port: 6379, host: 'db' })).toContain("'db' is not 'localhost' or an IP address")
    expect(at({ port: 'redis' })).toContain("'redis' is not a port")
    expect(errorOf([{ ...redis, securityContext: { runAsUser: 0, runAsNonRoot: true } }])).toContain(
      'take one of them out',
    )
  })

  it('a volume whose source does not exist', () => {
    expect(errorOf([{ ...redis, volumes: [{ mountPath: '/x', hostPath: 'nowhere' }] }])).toBe(
      'services[0].volumes[0].hostPath: /repo/nowhere does not exist; create it before Vitest starts, or use emptyDir: {}',
    )
  })
})

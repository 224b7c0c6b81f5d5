import { describe, expect, it } from 'vitest'
import { type Allowed, type Deeds, describeConnection, hermeticFindings } from '../../plugin/hermetic-findings.ts'
import { hermeticWarning } from '../../plugin/hermetic-text.ts'
import { parseNote } from '../../plugin/notes.ts'

const none: Deeds = { changes: [], traces: [], failedConnections: [], openedPorts: [], leftBehind: [] }
const allowed: Allowed = {
  directories: ['/repo', '/tmp', '/data'],
  home: '/root',
  hostnames: ['cart-test-0a1b2c'],
  ports: [],
  isOnHostNetwork: false,
}

function found(deeds: Partial<Deeds>, more: Partial<Allowed> = {}): string[] {
  return hermeticFindings({ ...none, ...deeds }, { ...allowed, ...more }).map(({ kind, what }) => `${kind}: ${what}`)
}

const added = (path: string, type: 'file' | 'directory' = 'file') => ({ kind: 'added' as const, path, type })

describe('files written', () => {
  it('in the project and in temporary directories are nobody’s business', () => {
    expect(found({ changes: [added('/repo/a'), added('/tmp/x/y'), added('/data', 'directory')] })).toEqual([])
  })

  it('elsewhere are findings, without the directories that were made for them', () => {
    const changes = [
      added('/root/.config', 'directory'),
      added('/root/.config/app', 'directory'),
      added('/root/.config/app/a.json'),
      added('/root/empty', 'directory'),
      added('/repository/file'),
      { kind: 'deleted' as const, path: '/etc/hosts', type: 'file' as const },
    ]
    expect(found({ changes })).toEqual([
      'file-written: /root/.config/app/a.json',
      'file-written: /root/empty',
      'file-written: /repository/file',
      'file-written: /etc/hosts',
    ])
  })

  it('in the home directory are findings wherever that is, but for a project or a temporary directory in it', () => {
    const changes = ['/tmp/me/.config', '/tmp/me/code/a', '/tmp/other'].map((path) => added(path))
    expect(found({ changes }, { home: '/tmp/me', directories: ['/tmp', '/tmp/me/code'] })).toEqual([
      'file-written: /tmp/me/.config',
    ])
    expect(found({ changes }, { home: '/tmp' })).toEqual([])
  })

  it('are told up to a number', () => {
    const changes = Array.from({ length: 10_000 }, (_, i) => added(`/root/${i}`))
    expect(found({ changes })).toHaveLength(50)
  })
})

describe('the network', () => {
  const refused = (address: string, port: number) => ({ code: 'ECONNREFUSED', syscall: 'connect', address, port })

  it('is none on the own loopback, whether somebody listens or not', () => {
    expect(found({ failedConnections: [refused('127.0.0.1', 5432), refused('::1', 5432)] })).toEqual([])
  })

  it('is what leaves the container, once', () => {
    const lost = { code: 'EAI_AGAIN', syscall: 'getaddrinfo', hostname: 'example.org' }
    const traces = [
      { mydocker: 'looked-up', hostname: 'example.org' },
      { mydocker: 'looked-up', hostname: 'LOCALHOST' },
      { mydocker: 'looked-up', hostname: 'app.localhost' },
      { mydocker: 'looked-up', hostname: 'cart-test-0a1b2c' },
    ] as const
    expect(found({ traces, failedConnections: [refused('10.0.0.1', 80), lost] })).toEqual([
      'network: connect 10.0.0.1:80',
      'network: getaddrinfo example.org',
    ])
  })

  it('of the host has a loopback that is not the file’s own, but for the servers of file and suite', () => {
    const connected = (port: number, address = '127.0.0.1', isLocal = true) =>
      ({ mydocker: 'connected', address, port, isLocal }) as const
    const traces = [connected(3000), connected(4000), connected(5432), connected(3000, '2001:db8::1', false)]
    const deeds = {
      traces,
      openedPorts: [{ protocol: 'tcp', port: 3000 }],
      failedConnections: [refused('::1', 6379)],
    } as const
    expect(found(deeds, { isOnHostNetwork: true, ports: [4000] })).toEqual([
      'network: connect [::1]:6379',
      'network: connect 127.0.0.1:5432',
      'network: connect [2001:db8::1]:3000',
    ])
  })

  it('is described as Node describes it', () => {
    expect(describeConnection(refused('::1', 80))).toBe('connect [::1]:80')
    expect(describeConnection({ code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: 'x.org' })).toBe(
      'getaddrinfo x.org',
    )
  })
})

it('variables, the time zone and what was left behind are findings as they were told', () => {
  const traces = [
    { mydocker: 'used-local-time', what: 'Date.prototype.getHours' },
    { mydocker: 'read-variable', name: 'HOME' },
  ] as const
  expect(found({ traces, leftBehind: [{ pid: 9, command: '/usr/bin/redis-server *:6379' }] })).toEqual([
    'environment: HOME',
    'time-zone: Date.prototype.getHours',
    'left-behind: redis-server *:6379',
  ])
})

it('a warning is one line with some of them, and a cure for each kind', () => {
  const findings = ['A', 'B', 'C', 'D', 'E'].map((what) => ({ kind: 'environment' as const, what }))
  const line = hermeticWarning('a.test.ts', [...findings, { kind: 'left-behind', what: 'sleep 9' }])
  expect(line).toBe(
    'a.test.ts reads A, B, C and 2 more, which nothing has declared (set them in test.env, or with // @mydocker env.A=… in the file); it leaves sleep 9 running (end it in afterAll)',
  )
})

describe('what a worker tells', () => {
  it('is taken', () => {
    for (const note of [
      { mydocker: 'read-variable', name: 'HOME' },
      { mydocker: 'port-opened', protocol: 'udp', port: 5353 },
      { mydocker: 'connected', address: '10.0.0.1', port: 80, isLocal: false },
    ])
      expect(parseNote(note)).toEqual(note)
  })

  it('is refused when it is too long or no port: test code could have sent it', () => {
    expect(parseNote({ mydocker: 'read-variable', name: 'x'.repeat(256) })).toBeUndefined()
    expect(parseNote({ mydocker: 'looked-up', hostname: '' })).toBeUndefined()
    expect(parseNote({ mydocker: 'port-opened', protocol: 'tcp', port: 70_000 })).toBeUndefined()
    expect(parseNote({ mydocker: 'port-opened', protocol: 'sctp', port: 1 })).toBeUndefined()
  })
})

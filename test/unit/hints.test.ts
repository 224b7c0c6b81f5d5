import { describe, expect, it } from 'vitest'
import { addHints, hintForConnection, type Surroundings } from '../../plugin/hints.ts'
import type { RpcRequest } from '../../plugin/vitest.ts'

const closed: Surroundings = {
  network: { mode: 'none', egress: false },
  hostListeners: () => [{ port: 5432, families: ['IPv4'] }],
}

const refused = (address: string, port: number) => ({
  ...{ message: `connect ECONNREFUSED ${address}:${port}`, code: 'ECONNREFUSED', syscall: 'connect', address, port },
})

describe('an error of the network', () => {
  it('to a port that is open on the host names hostPorts', () => {
    const error = report(refused('127.0.0.1', 5432))
    expect(error.message).toContain('// @mydocker network.hostPorts=5432')
  })

  it('to a port that nobody listens on stays as it is: the host would not have helped', () => {
    expect(report(refused('127.0.0.1', 9)).message).toBe('connect ECONNREFUSED 127.0.0.1:9')
    expect(report(refused('::1', 9)).message).toBe('connect ECONNREFUSED ::1:9')
  })

  it('to an address outside names network=host', () => {
    const error = report({
      message: 'connect ENETUNREACH',
      code: 'ENETUNREACH',
      syscall: 'connect',
      address: '93.184.216.34',
      port: 443,
    })
    expect(error.message).toContain('connecting to 93.184.216.34:443 failed')
    expect(error.message).toContain('// @mydocker network=host')
  })

  it('of a name look-up names network=host', () => {
    const error = report({
      message: 'getaddrinfo EAI_AGAIN x.org',
      code: 'EAI_AGAIN',
      syscall: 'getaddrinfo',
      hostname: 'x.org',
    })
    expect(error.message).toContain('looking up x.org failed')
  })

  it('is found in the causes and parts of others', () => {
    const parts = { message: '', code: 'ECONNREFUSED', errors: [refused('::1', 5432), refused('127.0.0.1', 5432)] }
    const error = report({ message: 'fetch failed', stack: 'TypeError: fetch failed\n    at x', cause: parts })
    expect(error.message).toContain('hostPorts')
    expect(error.stack).toContain('hostPorts')
    expect(error.stack).toMatch(/\n {4}at x$/)
  })

  it('gets the hint once, however often it is reported', () => {
    const error = refused('127.0.0.1', 5432)
    report(error)
    report(error)
    expect(error.message.match(/mydocker:/g)).toHaveLength(1)
  })

  it('gets no hint with the network of the host', () => {
    const error = refused('127.0.0.1', 5432)
    expect(addHints(update(error), { ...closed, network: { mode: 'host', egress: false } })).toBe(false)
    expect(error.message).not.toContain('mydocker')
  })

  it('on a bridge names egress where there was no way, and nothing where another container refused', () => {
    const bridge: Surroundings = { ...closed, network: { mode: 'bridge', egress: false } }
    const noWay = { code: 'ENETUNREACH', syscall: 'connect', address: '93.184.216.34', port: 443 }
    const lookUp = { code: 'ENOTFOUND', syscall: 'getaddrinfo' }
    expect(hintForConnection(noWay, bridge)).toContain('// @mydocker network=bridge network.egress=true')
    expect(hintForConnection({ ...lookUp, hostname: 'x.org' }, bridge)).toContain('network.egress=true')
    expect(hintForConnection({ ...lookUp, hostname: 'db.mydocker' }, bridge)).toContain("db.mydocker was nobody's name")
    expect(hintForConnection(refused('10.213.0.1', 80), bridge)).toBeUndefined()
    expect(hintForConnection(noWay, { ...bridge, network: { mode: 'bridge', egress: true } })).toBeUndefined()
  })

  it('of a test that did not fail by it is none: other errors are left alone', () => {
    const error = { message: 'expected 1 to be 2', code: 'ERR_ASSERTION' }
    expect(addHints(update(error), closed)).toBe(false)
    expect(error.message).toBe('expected 1 to be 2')
  })

  it('that nobody caught gets one too', () => {
    const error = refused('127.0.0.1', 5432)
    expect(addHints({ t: 'q', m: 'onUnhandledError', a: [error, 'Unhandled Rejection'] }, closed)).toBe(true)
  })

  it('ends a circle of causes', () => {
    const error: { message: string; cause?: unknown } = { message: 'round' }
    error.cause = error
    expect(addHints(update(error), closed)).toBe(false)
  })
})

describe('a swallowed failure to connect', () => {
  it('is explained as one that was thrown', () => {
    expect(hintForConnection(refused('127.0.0.1', 5432), closed)).toContain('hostPorts: [5432]')
    expect(hintForConnection(refused('127.0.0.1', 9), closed)).toBeUndefined()
  })
})

function report<T extends object>(error: T): T & { stack?: string } {
  addHints(update(error), closed)
  return error
}

function update(error: object): RpcRequest {
  return { t: 'q', m: 'onTaskUpdate', a: [[['id', { state: 'fail', errors: [error] }, {}]], []] }
}

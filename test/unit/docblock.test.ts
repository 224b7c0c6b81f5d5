import { describe, expect, it } from 'vitest'
import { readDocblock } from '../../plugin/docblock.ts'

const Mi = 2 ** 20

function read(...lines: string[]) {
  return readDocblock(lines.join('\n'), 'test/a.test.ts')
}

/** What the short form sets: everything. */
const WHOLE_HOST = {
  mode: 'host',
  hostPorts: [],
  egress: false,
  conditions: { delay: 0, jitter: 0, loss: 0, rate: 0 },
}

describe('where it is found', () => {
  const expected = { resources: { limits: { memory: 64 * Mi } }, network: WHOLE_HOST }

  it.each([
    ['a line comment', ['// @mydocker limits.memory=64Mi network=host', "import 'vitest'"]],
    [
      'several line comments',
      ['// @mydocker limits.memory=64Mi', '// why', '//@mydocker network=host', "import 'vitest'"],
    ],
    ['a block comment', ['/* @mydocker limits.memory=64Mi network=host */ test()']],
    ['JSDoc', ['/**', ' * Logs in.', ' * @mydocker limits.memory=64Mi', ' * @mydocker network=host', ' */']],
    [
      'JSDoc over several lines',
      ['/**', ' * @mydocker', ' *   limits.memory=64Mi', ' *   network=host', ' *', ' * Logs in.', ' */'],
    ],
    ['JSDoc before another tag', ['/** @mydocker limits.memory=64Mi', ' * network=host', ' * @module login', ' */']],
    [
      'comments after a licence',
      ['// (c) us', '', '/* MIT */', '/* x */ // @mydocker limits.memory=64Mi network=host'],
    ],
    ['comments after #!', ['#!/usr/bin/env node', '// @mydocker limits.memory=64Mi network=host']],
    [
      'a file with a byte order mark and CRLF',
      ['\uFEFF// @mydocker limits.memory=64Mi network=host\r', '\r', 'test()\r'],
    ],
  ])('is %s', (_, lines) => {
    expect(read(...lines)).toEqual(expected)
  })

  it.each([
    ['after the first statement', ["import 'vitest'", '// @mydocker limits.memory=64Mi']],
    ['in a string', ["const docblock = '// @mydocker limits.memory=64Mi'"]],
    ['amid a sentence', ['// see @mydocker limits.memory=64Mi']],
    ['as the beginning of another tag', ['// @mydocker-example limits.memory=64Mi', '// @mydockerish x']],
    ['in a comment without end', ['/* @mydocker limits.memory=64Mi']],
    ['in an empty file', ['']],
  ])('is not %s', (_, lines) => {
    expect(read(...lines)).toEqual({})
  })
})

describe('what it can say', () => {
  it('is every option that fits into a line', () => {
    expect(
      read(
        '// @mydocker image=host start=exec hostname=db-1 workingDir=packages/app strict=false activeDeadlineSeconds=30',
        '// @mydocker requests.memory=128Mi requests.cpu=250m limits.cpu=1.5 limits.pids=100 limits.ephemeral-storage=1Gi',
        '// @mydocker resources.limits.memory=256Mi network=none network.hostPorts=5432,6379 persist=out/**,logs/*.txt',
        '// @mydocker env.PORT=80 env.GREETING="hello world" env.EMPTY= env.QUERY=a=b',
        '// @mydocker securityContext.runAsUser=1000 securityContext.capabilities.drop=ALL',
      ),
    ).toMatchInlineSnapshot(`
      {
        "activeDeadlineSeconds": 30,
        "env": {
          "clean": false,
          "set": {
            "EMPTY": "",
            "GREETING": "hello world",
            "PORT": "80",
            "QUERY": "a=b",
          },
        },
        "hostname": "db-1",
        "image": "host",
        "network": {
          "hostPorts": [
            5432,
            6379,
          ],
          "mode": "none",
        },
        "persist": [
          "out/**",
          "logs/*.txt",
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
          "runAsUser": 1000,
        },
        "start": "exec",
        "strict": false,
        "workingDir": "packages/app",
      }
    `)
  })

  it('is a clean environment', () => {
    expect(read('// @mydocker env=clean').env).toEqual({ clean: true, set: {} })
  })
})

describe('an error', () => {
  function errorOf(...lines: string[]): string {
    try {
      read(...lines)
    } catch (error) {
      return String(error)
    }
    throw new Error('nothing was thrown')
  }

  it('names file, line, option and cure', () => {
    expect(errorOf('// (c) us', '', '// @mydocker limits.memory=64Mo')).toMatchInlineSnapshot(
      `"MydockerError: mydocker: options: test/a.test.ts:3: limits.memory: '64Mo' is not a quantity; use a number of bytes or a suffix Ki Mi Gi Ti (powers of 1024) or k M G T: '64Mi'"`,
    )
  })

  it('lists all problems of the file', () => {
    expect(
      errorOf(
        '// @mydocker limit.memory=64Mi hostPorts=5432 foo=1',
        '// @mydocker limits.memory=32Mi because of the cache',
        '/**',
        ' * @mydocker strict=yes activeDeadlineSeconds=soon network.hostPorts=http',
        ' *           network=vlan',
        ' * Prose goes after an empty line.',
        ' */',
        '// @mydocker volumes=/data overrides=x report.summary=false =1',
        '// @mydocker',
      ),
    ).toMatchInlineSnapshot(`
      "MydockerError: mydocker: options: 15 problems in docblocks
        test/a.test.ts:1: limit.memory: no such option; did you mean limits.memory?
        test/a.test.ts:1: hostPorts: no such option; did you mean network.hostPorts?
        test/a.test.ts:1: foo: no such option; known: image, start, warm, seed, requests.memory, requests.cpu, limits.memory, limits.cpu, limits.pids, limits.ephemeral-storage, limits.swap, network, network.mode, network.hostPorts, network.egress, network.conditions.delay, network.conditions.jitter, network.conditions.loss, network.conditions.rate, hostname, env, workingDir, securityContext.runAsUser, securityContext.runAsGroup, securityContext.seccompProfile.type, securityContext.capabilities.drop, persist, restartPolicy, backoffLimit, memoryBackoff, flaky.runs, flaky.onlyChanged, flaky.changedSince, activeDeadlineSeconds, hermetic, size, strict
        test/a.test.ts:2: 'because of the cache' is not name=value; write @mydocker limits.memory=64Mi network=host
        test/a.test.ts:2: limits.memory: 32Mi is below 64Mi, which Node with Vitest needs to start
        test/a.test.ts:4: network.hostPorts: 'http' is not a port: a whole number from 1 to 65535
        test/a.test.ts:4: activeDeadlineSeconds: 'soon' is not a number of seconds: a whole number from 1 to 2147483
        test/a.test.ts:4: strict: 'yes' is not true or false
        test/a.test.ts:5: network: 'vlan' is not 'none', 'host' or 'bridge'
        test/a.test.ts:6: 'Prose goes after an empty line.' is not name=value; write @mydocker limits.memory=64Mi network=host
        test/a.test.ts:8: volumes: does not fit into a docblock; set it in the Vitest configuration
        test/a.test.ts:8: overrides: does not fit into a docblock; set it in the Vitest configuration
        test/a.test.ts:8: report.summary: does not fit into a docblock; set it in the Vitest configuration
        test/a.test.ts:8: '=1' is not name=value; write @mydocker limits.memory=64Mi network=host
        test/a.test.ts:9: nothing follows @mydocker; write @mydocker limits.memory=64Mi network=host"
    `)
  })

  it('shows what is set twice or contradicts itself', () => {
    expect(
      errorOf(
        '// @mydocker limits.memory=64Mi',
        '// @mydocker resources.limits.memory=128Mi',
        '// @mydocker requests.memory=1Gi network.mode=host network=host network.hostPorts=1',
        '// @mydocker env=clean env.TZ=UTC',
      ),
    ).toMatchInlineSnapshot(`
      "MydockerError: mydocker: options: 5 problems in docblocks
        test/a.test.ts:2: resources.limits.memory: is set in line 1 already
        test/a.test.ts:3: network: is set in line 3 already
        test/a.test.ts:3: requests.memory: requests.memory 1Gi is more than limits.memory 64Mi
        test/a.test.ts:3: network.hostPorts: with mode 'host' every port of the host is reachable; leave hostPorts out, or use mode 'none'
        test/a.test.ts:4: env: stands beside env.NAME; write the variables into test.env, which env=clean keeps"
    `)
  })
})

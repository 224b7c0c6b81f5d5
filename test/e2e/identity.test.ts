import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import process from 'node:process'
import * as v from 'valibot'
import { beforeAll, describe, expect, test } from 'vitest'
import { config } from '../support/config.ts'
import { isRoot } from '../support/host.ts'
import { onPlatforms } from '../support/platforms.ts'
import { makeProject } from '../support/project.ts'
import { vitestRun } from '../support/vitest-run.ts'

const namespaces = ['user', 'pid', 'mnt', 'net', 'uts', 'ipc', 'cgroup'] as const

const identity = v.object({
  namespaces: v.record(v.picklist(namespaces), v.string()),
  pid: v.number(),
  processes: v.array(v.object({ pid: v.number(), name: v.string() })),
  hostname: v.string(),
  interfaces: v.array(v.string()),
  mounts: v.string(),
  uidMap: v.array(v.number()),
  uid: v.number(),
  cgroup: v.string(),
  directory: v.string(),
  capabilities: v.string(),
  noNewPrivileges: v.string(),
  descriptors: v.array(v.string()),
  standardInput: v.string(),
})

const reporter = `
  import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
  import { connect } from 'node:net'
  import { hostname } from 'node:os'
  import { afterAll, inject, test } from 'vitest'

  const status = (field) => readFileSync('/proc/self/status', 'utf8').match(new RegExp(field + ':\\\\s*(.*)'))[1]

  // Both files are alive until both have looked: the number of a namespace that has ended may be used again.
  afterAll(() => new Promise((resolve) => connect(inject('meeting'), '127.0.0.1').on('data', resolve)))

  test('who am I', ({ task }) => {
    task.meta.identity = {
      namespaces: Object.fromEntries(${JSON.stringify(namespaces)}.map((name) => [name, readlinkSync('/proc/self/ns/' + name)])),
      pid: process.pid,
      processes: readdirSync('/proc').filter((name) => /^\\d+$/.test(name))
        .map((pid) => ({ pid: Number(pid), name: readFileSync('/proc/' + pid + '/comm', 'utf8').trim() })),
      hostname: hostname(),
      interfaces: readFileSync('/proc/self/net/dev', 'utf8').split('\\n').slice(2).map((line) => line.split(':')[0].trim()).filter(Boolean),
      mounts: readFileSync('/proc/self/mountinfo', 'utf8'),
      uidMap: readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\\s+/).map(Number),
      uid: process.getuid(),
      cgroup: readFileSync('/proc/self/cgroup', 'utf8'),
      directory: process.cwd(),
      capabilities: status('CapEff'),
      noNewPrivileges: status('NoNewPrivs'),
      descriptors: readdirSync('/proc/self/fd').map((fd) => { try { return readlinkSync('/proc/self/fd/' + fd) } catch { return '' } }),
      standardInput: readFileSync(0, 'utf8'),
    }
  })
`

/** A server that answers when two clients are there. */
const meeting = `
  import { once } from 'node:events'
  import { createServer } from 'node:net'

  const clients = []
  export async function setup({ provide }) {
    const server = createServer((client) => {
      clients.push(client.on('error', () => {}))
      if (clients.length === 2) for (const each of clients) each.end('both')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    provide('meeting', server.address().port)
    return () => void server.close()
  }
`

describe.each(onPlatforms)('%s: a test file', (_name, platform) => {
  let first: v.InferOutput<typeof identity>
  let second: v.InferOutput<typeof identity>
  let directory: string

  beforeAll(async () => {
    const project = await makeProject(platform, {
      ...config({ test: `maxWorkers: 2, globalSetup: './meeting.ts'` }),
      'meeting.ts': meeting,
      'first.test.ts': reporter,
      'deep/second.test.ts': reporter,
    })
    directory = project.directory
    const run = await vitestRun(project, [])
    expect(run.exitCode, run.output).toBe(0)
    first = v.parse(identity, run.report.test('first.test.ts', 'who am I').meta.identity)
    second = v.parse(identity, run.report.test('second.test.ts', 'who am I').meta.identity)
  })

  test.each(namespaces)('has a %s namespace of its own', (name) => {
    const host = readlinkSync(`/proc/self/ns/${name}`)
    expect(new Set([host, first.namespaces[name], second.namespaces[name]]).size).toBe(3)
  })

  test('sees its own processes only, below a PID 1 that is not Node', () => {
    expect(first.processes.map(({ pid }) => pid)).toEqual([1, first.pid])
    expect(first.processes[0]?.name).toMatch(/^mydocker/)
  })

  test('has a hostname that tells the file', () => {
    expect(first.hostname).toContain('first')
    expect(second.hostname).toContain('second')
    expect(hostname()).not.toBe(first.hostname)
  })

  test('has no network interface but loopback', () => {
    expect(first.interfaces).toEqual(['lo'])
  })

  test('has mounts of its own, the host’s root not among them', () => {
    const mounts = first.mounts
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
    const root = mounts.find((fields) => fields[4] === '/')
    expect(root?.slice(root.indexOf('-'))).not.toEqual(hostRoot())
    expect(mounts.filter((fields) => fields[4] === '/proc')).toHaveLength(1)
  })

  test('runs where the project is', () => {
    expect(first.directory).toBe(directory)
  })

  test.runIf(isRoot)('is root inside and nobody outside', () => {
    expect(first.uid).toBe(0)
    expect(first.uidMap.slice(0, 2)).toEqual([0, 65534])
  })

  test.skipIf(isRoot)('is the same user inside and outside', () => {
    const uid = process.getuid?.()
    expect(first.uid).toBe(uid)
    expect(first.uidMap.slice(0, 2)).toEqual([uid, uid])
  })

  test('cannot gain privileges, and sees no cgroup but its own', () => {
    expect(first.noNewPrivileges).toBe('1')
    for (const line of first.cgroup.trim().split('\n')) expect(line).toMatch(/:\/$/)
  })

  test('finds its standard input at the end', () => {
    expect(first.standardInput).toBe('')
  })

  test('inherits no file of the host', () => {
    const open = new Set(readdirSync('/proc/self/fd').map(linkTarget))
    for (const target of first.descriptors) {
      if (/^\/(?!dev|proc)/.test(target)) expect(open, target).not.toContain(target)
    }
  })
})

function hostRoot(): string[] {
  const line = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .find((candidate) => candidate.split(' ')[4] === '/')
  const fields = line?.split(' ') ?? []
  return fields.slice(fields.indexOf('-'))
}

function linkTarget(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return ''
  }
}

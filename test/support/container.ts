import { mkdtempSync, rmSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import type { Change, Container } from '../../runtime/container.ts'
import { type Engine, openEngine } from '../../runtime/engine.ts'
import type { Event } from '../../runtime/event.ts'
import { packageDirectory } from '../../runtime/package.ts'
import { RUNTIME_DEFAULT } from '../../runtime/seccomp/runtime-default.ts'
import type { ContainerSpec, ContainerStatus } from '../../runtime/spec.ts'

let names = 0

/** An engine for one test, closed after it. */
export async function openForTest(): Promise<{ engine: Engine; events: Event[] }> {
  const events: Event[] = []
  const engine = await openEngine({ strict: false, onEvent: (event) => events.push(event) })
  onTestFinished(() => engine.close())
  return { engine, events }
}

/** A container of ours as the pool would make it for a command, but for what a test asks for. */
export function specOf(command: ContainerSpec['command'], more: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    name: `test-${names++}`,
    hostname: 'box',
    command,
    env: { PATH: process.env.PATH ?? '', HOME: '/nowhere' },
    workingDir: '/',
    seccomp: RUNTIME_DEFAULT,
    user: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
    ephemeralStorage: 64 << 20,
    volumes: [],
    visible: [packageDirectory, path.dirname(process.execPath)],
    network: 'none',
    hostPorts: [],
    limits: {},
    stdio: 'pipe',
    channel: false,
    ...more,
  }
}

export interface Finished {
  readonly output: string
  readonly errors: string
  readonly status: ContainerStatus
  readonly changes: readonly Change[]
}

/** Runs a command to its end and removes the container. */
export async function run(
  engine: Engine,
  command: ContainerSpec['command'],
  more: Partial<ContainerSpec> = {},
): Promise<Finished> {
  await using container = await engine.create(specOf(command, more))
  return await finish(container)
}

export async function finish(container: Container): Promise<Finished> {
  const [output, errors, status] = await Promise.all([
    container.stdout ? text(container.stdout) : '',
    container.stderr ? text(container.stderr) : '',
    container.ended,
  ])
  return { output, errors, status, changes: await container.changes() }
}

/** Runs a shell script. */
export function shell(engine: Engine, script: string, more: Partial<ContainerSpec> = {}): Promise<Finished> {
  return run(engine, ['/bin/sh', '-c', script], more)
}

/** The first line that a running container writes. */
export async function firstLine(container: Container): Promise<string> {
  let output = ''
  for await (const chunk of container.stdout?.iterator({ destroyOnReturn: false }) ?? []) {
    output += String(chunk)
    if (output.includes('\n')) break
  }
  return output.split('\n')[0] ?? ''
}

/** A directory of the test's own, removed after it. `/var/tmp` rather than /tmp, which containers have to themselves. */
export function temporaryDirectory(parent = '/var/tmp'): string {
  const directory = mkdtempSync(path.join(parent, 'mydocker-test-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

import { spawnSync } from 'node:child_process'
import { closeSync } from 'node:fs'
import { release } from 'node:os'
import { MydockerError } from '../errors.ts'
import { assertNativeBuilt, initProgram, socketPair } from '../native.ts'
import type { HostFacts } from './facts.ts'
import type { Host } from './host.ts'
import type { Finding } from './report.ts'

const PLACES = {
  mydocker: 'a container of mydocker',
  docker: 'docker',
  podman: 'podman',
  kubernetes: 'kubernetes',
  other: 'a container',
} as const satisfies Record<NonNullable<HostFacts['container']>, string>

const ARCHITECTURES = ['x64', 'arm64']

export function platform(host: Host): Finding {
  if (process.platform !== 'linux') {
    const cure = 'Run in a Linux machine, virtual machine or container.'
    return {
      status: 'missing',
      detail: `containers are made of Linux namespaces, and this is ${process.platform}`,
      cure,
    }
  }
  const { container } = host.facts
  const place = container === undefined ? '' : `, inside ${PLACES[container]}`
  const detail = `Linux ${release()} ${process.arch}, Node ${process.versions.node}${place}`
  if (ARCHITECTURES.includes(process.arch)) return { status: 'ok', detail }
  return { status: 'degraded', detail: `${detail}: tested on ${ARCHITECTURES.join(' and ')} only` }
}

/** The program and the library that come with this package, as compiled. */
export function nativeHelper(): Finding {
  assertNativeBuilt()
  const { error, status } = spawnSync(initProgram, ['nothing'])
  if (error || status !== 0) throw broken(error ?? new Error(`it ended with exit status ${status}`))
  try {
    for (const fd of socketPair('stream')) closeSync(fd)
  } catch (error) {
    throw error instanceof Error ? broken(error) : error
  }
  return { status: 'ok', detail: 'compiled, and it starts' }
}

function broken(error: Error): MydockerError {
  return new MydockerError({
    stage: 'native',
    message: `the native helper does not work: ${error.message}`,
    path: initProgram,
    hint: 'Compile it anew: npm rebuild vitest-pool-mydocker',
  })
}

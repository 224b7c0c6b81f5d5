import { readdirSync, readFileSync } from 'node:fs'
import type { Files } from './project.ts'

/** A package in a project's own `node_modules`, for `warm`. */
export function dependency(name: string, source: string, more: Files = {}): Files {
  const below = (file: string): string => `node_modules/${name}/${file}`
  const manifest = { name, version: '1.0.0', type: 'module', exports: { '.': './index.js', './*': './*.js' } }
  return {
    [below('package.json')]: JSON.stringify(manifest),
    [below('index.js')]: source,
    ...Object.fromEntries(Object.entries(more).map(([file, content]) => [below(file), content])),
  }
}

/** An expression of a test file: whether its process is a fork of a zygote. */
export const isForked = `(await import('node:fs')).readFileSync('/proc/self/cmdline', 'utf8').includes('zygote-process')`

/** @returns pids of the zygotes that a Vitest has now */
export function zygotesOf(vitest: number): number[] {
  return childrenOf(vitest).filter((pid) => commandLine(pid).includes('zygote-process'))
}

export function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`)
    .flatMap((thread) => read(`/proc/${pid}/task/${thread}/children`).split(' '))
    .filter((child) => child !== '')
    .map(Number)
}

/** Words of it, each with a NUL behind it. */
export function commandLine(pid: number): string {
  return read(`/proc/${pid}/cmdline`)
}

/** Empty for a process that has gone. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

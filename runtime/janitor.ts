import { spawn } from 'node:child_process'
import { unstarted } from './errors.ts'
import { initProgram } from './native.ts'

/**
 * A tiny process that outlives this one just long enough to remove what it could not: `kill -9` of Vitest leaves no cgroup and
 * no temporary directory (native/janitor.c). Containers need none: they die with the process that made them.
 */
export interface Janitor {
  /** Has a directory removed when this process dies, or dismisses the janitor. */
  watchDirectory(directory: string): void
  /** The same for a directory of cgroups, whose processes are killed. */
  watchCgroup(directory: string): void
  /** To be called when everything has been removed. */
  dismiss(): void
}

export function startJanitor(): Janitor {
  // No descriptor of ours but the pipe: `vitest | less` must end when Vitest does.
  const child = spawn(initProgram, ['janitor'], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], env: {} })
  child.on('error', () => {})
  if (child.pid === undefined) throw unstarted('janitor', 'the process that cleans up')
  child.stdin.on('error', () => {})
  child.unref()
  const told = new Set<string>()
  const tell = (line: string): void => {
    if (!told.has(line)) child.stdin.write(`${line}\0`)
    told.add(line)
  }
  return {
    watchDirectory: (directory) => tell(`directory ${directory}`),
    watchCgroup: (directory) => tell(`cgroup ${directory}`),
    dismiss: () => child.stdin.end(),
  }
}

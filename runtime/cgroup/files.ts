import { closeSync, constants, existsSync, openSync, readFileSync, writeSync } from 'node:fs'
import { MydockerError } from '../errors.ts'

/** What the kernel shows in a file of cgroupfs or procfs, without the final newline. Throws Node's error. */
export function read(path: string): string {
  return readFileSync(path, 'utf8').trimEnd()
}

/** Like `read`; undefined when this kernel has no such file. */
export function readIfPresent(path: string): string | undefined {
  return existsSync(path) ? read(path) : undefined
}

/** Writes to a file that must exist: neither creating nor truncating, and no read permission needed (`cgroup.kill`). */
export function write(path: string, value: string | number): void {
  const descriptor = openSync(path, constants.O_WRONLY)
  try {
    writeSync(descriptor, String(value))
  } finally {
    closeSync(descriptor)
  }
}

/** The number behind `key` in a flat-keyed file (cgroup-v2.rst, "Format"). NaN when there is no such line. */
export function readKey(path: string, key: string): number {
  const line = read(path)
    .split('\n')
    .find((candidate) => candidate.startsWith(`${key} `))
  return Number(line?.slice(key.length + 1) ?? Number.NaN)
}

/** Words separated by white space; none in an empty text. */
export function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}

/** Runs a system call that may fail: its symbolic errno, or undefined when it worked. Other errors pass through. */
export function errnoOf(call: () => void): string | undefined {
  try {
    call()
    return undefined
  } catch (error) {
    return codeOf(error)
  }
}

/** Runs a system call that may fail: what it returned, or undefined when it failed. Other errors pass through. */
export function attempt<T>(call: () => T): T | undefined {
  let value: T | undefined
  const errno = errnoOf(() => {
    value = call()
  })
  return errno === undefined ? value : undefined
}

/** Runs a system call that must work. @throws MydockerError stage `cgroup`, saying what failed, on `path`. */
export function must<T>(message: string, path: string, call: () => T, hint?: (errno: string) => string | undefined): T {
  try {
    return call()
  } catch (error) {
    const errno = codeOf(error)
    throw new MydockerError({ stage: 'cgroup', message, path, errno, hint: hint?.(errno) })
  }
}

function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  throw error
}

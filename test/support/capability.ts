import { accessSync, constants } from 'node:fs'
import { release } from 'node:os'
import type { TestContext } from 'vitest'
import { mustWork } from './host.ts'

/** Skips a test on a host that lacks what it needs; with MYDOCKER_MUST_WORK=1 that is a failure. */
export function requireCapability(context: TestContext, missing: string | undefined): void {
  if (missing === undefined) return
  if (mustWork) throw new Error(`MYDOCKER_MUST_WORK=1, but this host lacks what the test needs: ${missing}`)
  context.skip(missing)
}

/** For what an older kernel lacks whoever runs it, and so is no failure even with MYDOCKER_MUST_WORK=1. */
export function isKernelBefore(major: number, minor: number): boolean {
  const [ours = 0, oursMinor = 0] = release().split('.').map(Number)
  return ours < major || (ours === major && oursMinor < minor)
}

/** Network devices, which the programs that carry packets out of a container make (`egress`). */
export const mayMakeDevices: boolean = isAllowed('/dev/net/tun')

function isAllowed(file: string): boolean {
  try {
    accessSync(file, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}

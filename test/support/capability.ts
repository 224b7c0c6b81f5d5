import type { TestContext } from 'vitest'
import { mustWork } from './host.ts'

/** Skips a test on a host that lacks what it needs; with MYDOCKER_MUST_WORK=1 that is a failure. */
export function requireCapability(context: TestContext, missing: string | undefined): void {
  if (missing === undefined) return
  if (mustWork) throw new Error(`MYDOCKER_MUST_WORK=1, but this host lacks what the test needs: ${missing}`)
  context.skip(missing)
}

import { MydockerError } from '../errors.ts'
import { cureFor } from './cures.ts'
import { Host } from './host.ts'
import { type Probe, probes } from './probes.ts'
import type { Check, Finding, Report } from './report.ts'

export type { Check, Report } from './report.ts'

/**
 * Does, one by one, everything that a container needs of this host, and tells what failed and what would cure it.
 * Nothing of it remains.
 */
export async function doctor(): Promise<Report> {
  const checks: Check[] = []
  const host = new Host()
  try {
    for (const { name, needs, run } of probes) {
      const failed = needs.find((need) => checks.some((check) => check.name === need && !isThere(check)))
      const finding: Finding | undefined =
        failed === undefined ? await tryProbe(name, run, host) : { status: 'skipped', detail: `needs ${failed}` }
      if (finding) checks.push({ name, ...finding })
    }
  } finally {
    await host.close()
  }
  const missing = checks.find(({ status }) => status === 'missing')
  return { canRun: missing === undefined, verdict: verdict(checks, missing), checks }
}

/** A step that the kernel refused tells itself what it was; this host's facts tell why. */
async function tryProbe(name: string, run: Probe['run'], host: Host): Promise<Finding | undefined> {
  try {
    return await run(host)
  } catch (error) {
    if (!(error instanceof MydockerError)) throw error
    // A probe takes several steps.
    const detail = error.stage === name ? error.summary : `${error.stage}: ${error.summary}`
    return { status: 'missing', detail, cure: cureFor(error, host.facts) }
  }
}

function isThere({ status }: Check): boolean {
  return status === 'ok' || status === 'degraded'
}

function verdict(checks: readonly Check[], missing: Check | undefined): string {
  if (missing) return `This host cannot run containers: ${missing.name} is missing.`
  return `This host runs containers: ${checks.flatMap(({ gives }) => gives ?? []).join('; ')}.`
}

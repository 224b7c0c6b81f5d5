import { attempt } from '../attempt.ts'
import { MydockerError } from '../errors.ts'
import { trialSteps } from '../network/conditions.ts'
import { runScript } from './containers.ts'
import { cureFor } from './cures.ts'
import type { Host } from './host.ts'
import type { Finding } from './report.ts'

/** What joins the containers of a run (`network: 'bridge'`), with one on it. */
export function bridgeOfRun(host: Host): Promise<Finding> {
  return forThoseWhoAsk(host, "network: 'bridge' is an error", async () => {
    await runScript(host, 'true', [], { network: 'bridge' })
    return 'a container was connected to one'
  })
}

/** Delay, loss and rate of a network (`network.conditions`). */
export function netem(host: Host): Promise<Finding> {
  return forThoseWhoAsk(host, 'network.conditions are without effect, and an error when strict', async () => {
    await attempt(trialSteps())
    return 'a loopback was made slow'
  })
}

/** Containers that do not ask for it are as good without. */
async function forThoseWhoAsk(host: Host, without: string, run: () => Promise<string>): Promise<Finding> {
  try {
    return { status: 'ok', detail: await run() }
  } catch (error) {
    if (!(error instanceof MydockerError)) throw error
    const detail = `${without}: ${error.summary}`
    return { status: 'degraded', detail, cure: cureFor(error, host.facts) }
  }
}

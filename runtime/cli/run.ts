import { isatty } from 'node:tty'
import { openEngine } from '../engine.ts'
import type { Event } from '../event.ts'
import { describeChanges, describeEnd } from './outcome.ts'
import type { RunOptions } from './run-options.ts'
import { runSpec } from './run-spec.ts'
import { say } from './say.ts'
import { SignalRelay } from './signals.ts'
import { attachTerminal } from './terminal.ts'

/**
 * Runs a command in a container to its end, with our standard streams.
 * @returns its exit status, 128 + number of the signal that ended it
 * @throws MydockerError when the container cannot be made or the command not be started
 */
export async function run(options: RunOptions, command: readonly [string, ...string[]]): Promise<number> {
  const onTerminal = options.tty ?? (isatty(0) && isatty(1))
  const spec = runSpec(options, command, onTerminal)
  if (spec.workingDir === '/tmp')
    say('mydocker: warning: /tmp is private inside, so the working directory is empty there\n')
  const asksForLimits = Object.values(spec.limits).some((limit) => limit !== undefined)
  const engine = await openEngine({
    strict: options.strict && asksForLimits,
    onEvent: (event) => {
      if (asksForLimits || event.reason !== 'MemoryLimitUnavailable') warn(event)
    },
  })
  const signals = new SignalRelay()
  try {
    const container = await engine.create(spec)
    signals.attach(container)
    const terminal = onTerminal ? attachTerminal(container) : undefined
    const status = await container.ended
    await terminal?.detach()
    signals.stop()
    for (const line of describeEnd(status)) say(`mydocker: ${line}\n`)
    if (options.diff) say(describeChanges(await container.changes()))
    return status.exitCode
  } finally {
    signals.stop()
    await engine.close()
  }
}

function warn({ type, message }: Event): void {
  if (type === 'Warning') say(`mydocker: warning: ${message.replaceAll(/\s*\n\s*/g, ' ')}\n`)
}

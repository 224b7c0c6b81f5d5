import path from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Engine, openEngine } from '../../runtime/engine.ts'
import { run } from '../support/container.ts'
import { network } from '../trust/attacks/network.ts'
import { HostSide } from '../trust/host-side.ts'
import { Neighbour } from '../trust/neighbour.ts'

const trust = path.join(import.meta.dirname, '../trust')

/** What there is to see on a bridge is the container's own end of it. */
const HELD: Readonly<Record<string, RegExp>> = { 'see devices of the host': /^lo,eth0$/ }

describe('a container on a bridge does not', () => {
  let engine: Engine
  let host: HostSide
  let neighbour: Neighbour

  beforeAll(async () => {
    engine = await openEngine({ strict: false, onEvent: () => {} })
    host = await HostSide.open()
    neighbour = await Neighbour.open(engine)
  })

  afterAll(async () => {
    await neighbour?.close()
    await engine?.close()
    host?.close()
  })

  test.each(network.map((each) => [each.name, each] as const))('%s', async (name, { attempt, held }) => {
    const task = { source: attempt.toString(), host: { ...host.facts, neighbour: neighbour.facts([]) }, numbers: {} }
    const command = [process.execPath, path.join(trust, 'inside.mjs'), JSON.stringify(task)] as const
    const visible = [trust, host.facts.directory, path.dirname(process.execPath)]
    const { output, errors } = await run(engine, command, { visible, network: 'bridge' })
    expect(output || errors).toMatch(HELD[name] ?? held)
    expect(host.photograph()).toEqual(host.before)
  })
})

import process from 'node:process'
import { expect, onTestFinished, test } from 'vitest'
import type { Event } from '../../runtime/event.ts'
import { startJanitor } from '../../runtime/janitor.ts'
import { Bridge } from '../../runtime/network/bridge.ts'
import { conditionsProblem } from '../../runtime/network/conditions.ts'
import { Networks } from '../../runtime/network/networks.ts'
import { openForTest, run, specOf } from '../support/container.ts'

const problem = await conditionsProblem()
const DELAY_MS = 50
const conditions = { delay: DELAY_MS * 1000, jitter: 0, loss: 0, rate: 100_000_000 }

/** Milliseconds until a server of its own has answered: two packets there and one back at the least. */
const ROUND_TRIP = `
  const { createServer, connect } = require('net')
  const server = createServer((socket) => socket.end()).listen(0, () => {
    const begin = performance.now()
    connect(server.address().port, '127.0.0.1').on('connect', () => { console.log(performance.now() - begin); process.exit() })
  })`

test.runIf(problem === undefined)('packets are late, on the loopback where there is nothing else', async () => {
  const { engine, events } = await openForTest()
  const { output } = await run(engine, [process.execPath, '-e', ROUND_TRIP], { conditions })
  expect(Number(output)).toBeGreaterThanOrEqual(2 * DELAY_MS)
  const bridge = await run(engine, ['/sbin/tc', 'qdisc', 'show', 'dev', 'eth0'], { conditions, network: 'bridge' })
  expect(bridge.output).toMatch(/netem .*delay 50(\.0)?ms.*rate 100Mbit/)
  expect(events).not.toContainEqual(expect.objectContaining({ reason: 'NetworkConditionsUnavailable' }))
})

test.skipIf(problem === undefined)(
  'where the kernel cannot do it, containers are told of it once, or not made',
  async () => {
    const { engine, events } = await openForTest()
    const told = (): Event[] => events.filter(({ reason }) => reason === 'NetworkConditionsUnavailable')
    for (const network of ['none', 'bridge'] as const)
      expect((await run(engine, ['echo', 'here'], { conditions, network })).output).toBe('here\n')
    expect(told()).toEqual([expect.objectContaining({ message: expect.stringMatching(/CONFIG_NET_SCH_NETEM/) })])
    const janitor = startJanitor()
    onTestFinished(() => janitor.dismiss())
    const strict = new Networks(new Bridge(janitor), { strict: true, onEvent: () => {} })
    await expect(strict.place(specOf(['true'], { conditions }))).rejects.toThrow(/ENOENT[\s\S]*modprobe sch_netem/)
  },
)

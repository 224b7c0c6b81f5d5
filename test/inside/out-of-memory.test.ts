import { expect, test } from 'vitest'
import { requireCapability } from '../support/capability.ts'
import { missingMemoryLimit } from '../support/cgroups.ts'
import { openForTest, run } from '../support/container.ts'

// On a bridge, an ordinary user's container is made within a user namespace more.
for (const network of ['none', 'bridge'] as const)
  test(`a command that is killed for memory before anybody has looked at it is named all the same, with network ${network}`, async (context) => {
    requireCapability(context, await missingMemoryLimit())
    const { engine } = await openForTest()
    const { status } = await run(engine, ['tail', '/dev/zero'], { limits: { memory: 8 << 20 }, network })
    expect(status.reason).toBe('OOMKilled')
    expect(status.largestProcesses[0]).toMatchObject({ pid: 2, command: 'tail /dev/zero' })
  })

test('a command that goes on after a child of its was killed for memory is ended, and tells what it had', async (context) => {
  requireCapability(context, await missingMemoryLimit())
  const { engine } = await openForTest()
  const { status } = await run(engine, ['sh', '-c', 'tail /dev/zero; sleep 1000; true'], {
    limits: { memory: 8 << 20 },
  })
  expect(status).toMatchObject({ reason: 'OOMKilled', exitCode: 137, signal: 'SIGKILL', leftBehind: [] })
  expect(status.largestProcesses.map(({ rss }) => rss)).not.toContain(undefined)
  expect(status.largestProcesses).toContainEqual(expect.objectContaining({ pid: 2 }))
})

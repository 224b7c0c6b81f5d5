import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { requireCapability } from '../support/capability.ts'
import { missingMemoryLimit } from '../support/cgroups.ts'
import { openForTest, shell } from '../support/container.ts'

const Mi = 2 ** 20

test('storage that stays full ends a container that is to be evicted', async () => {
  const { engine } = await openForTest()
  const fills = 'dd if=/dev/zero of=/tmp/full bs=64k 2>/dev/null; echo "$?"; sleep 1000'
  const { output, status } = await shell(engine, fills, { ephemeralStorage: 4 * Mi, evict: true })
  // The command has seen ENOSPC before.
  expect(output).toBe('1\n')
  expect(status.reason).toBe('Evicted')
  expect(status.signal).toBe('SIGKILL')
  expect(status.bytesWritten).toBeGreaterThan(3 * Mi)
})

test('storage that has room again ends nobody, and without being asked to nobody is evicted', async () => {
  const { engine } = await openForTest()
  const tidies = 'dd if=/dev/zero of=/tmp/full bs=64k 2>/dev/null; rm /tmp/full; sleep 1.5; echo alive'
  const tidy = await shell(engine, tidies, { ephemeralStorage: 4 * Mi, evict: true })
  expect(tidy.output).toBe('alive\n')
  expect(tidy.status).toMatchObject({ reason: 'Completed' })
  expect(tidy.status.bytesWritten).toBeLessThan(Mi)
  const untidies = 'dd if=/dev/zero of=/tmp/full bs=64k 2>/dev/null; sleep 1.5; echo alive'
  const untidy = await shell(engine, untidies, { ephemeralStorage: 4 * Mi })
  expect(untidy.output).toBe('alive\n')
})

test('what was written is counted, wherever it was', async () => {
  const { engine } = await openForTest()
  const writes = 'head -c 1048576 /dev/zero >/tmp/file; head -c 2097152 /dev/zero >/dev/shm/file'
  const { status } = await shell(engine, writes, {})
  expect(status.bytesWritten).toBeGreaterThanOrEqual(3 * Mi)
  expect(status.bytesWritten).toBeLessThan(4 * Mi)
})

test('its processes are killed sooner than we are when the machine has no memory', async () => {
  const { engine } = await openForTest()
  const own = readFileSync('/proc/self/oom_score_adj', 'utf8').trim()
  const tell = 'cat /proc/self/oom_score_adj /proc/1/oom_score_adj'
  expect((await shell(engine, tell, { oomScoreAdjust: 900 })).output).toBe('900\n900\n')
  expect((await shell(engine, tell)).output).toBe(`${own}\n${own}\n`)
  expect(readFileSync('/proc/self/oom_score_adj', 'utf8').trim()).toBe(own)
})

test('processes that were refused are counted', async (context) => {
  requireCapability(context, await missingMemoryLimit())
  const { engine } = await openForTest()
  const forks = 'for i in 1 2 3 4 5 6 7 8 9 10; do sleep 1 & done 2>/dev/null'
  const { status } = await shell(engine, forks, { limits: { memory: 64 * Mi, pids: 5 } })
  expect(status.pidsRefused).toBeGreaterThan(0)
})

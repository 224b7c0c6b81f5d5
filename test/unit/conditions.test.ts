import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { expect, test } from 'vitest'
import { packageDirectory } from '../../runtime/package.ts'
import { temporaryDirectory } from '../support/container.ts'

/** sendmsg(2) of `tc qdisc add dev lo root netem delay 100ms 10ms loss 1% rate 1mbit` (iproute2 6.1.0), with the sequence number 1. */
const OF_TC = [
  '60000000 2400 0506 01000000 00000000', // length, RTM_NEWQDISC, REQUEST | ACK | EXCL | CREATE
  '00000000 01000000 00000000 ffffffff 00000000', // interface 1, root
  '0a00 0100 6e6574656d00 0000', // TCA_KIND
  '3000 0200 84d71700 e8030000 295c8f02 00000000 00000000 5a620200', // TCA_OPTIONS: latency, limit, loss, gap, duplicate, jitter
  '1400 0600 48e80100 00000000 00000000 00000000', // TCA_NETEM_RATE
]

test('what is sent to the kernel for network conditions is, byte for byte, what tc sends', () => {
  const program = path.join(temporaryDirectory(), 'encode')
  const sources = ['conditions', 'netlink', 'plan', 'text', 'error'].map((name) => `native/${name}.c`)
  const arguments_ = ['-std=gnu11', '-o', program, 'test/native/encode-conditions.c', ...sources]
  execFileSync('gcc', arguments_, { cwd: packageDirectory })
  const encode = (...step: string[]): string => execFileSync(program, ['lo', ...step, '1'], { encoding: 'utf8' })
  expect(encode('100000', '10000', '10000', '125000')).toBe(OF_TC.join('').replaceAll(' ', ''))
  expect(encode('100000', '0', '0', '0').length / 2).toBe(76)
})

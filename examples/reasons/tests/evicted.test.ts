// @mydocker limits.ephemeral-storage=8Mi
import { appendFileSync } from 'node:fs'
import { test } from 'vitest'

test('fills /tmp', () => {
  for (let megabytes = 0; megabytes < 64; megabytes++) appendFileSync('/tmp/log', Buffer.alloc(1_000_000, 1))
})

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Duplex } from 'node:stream'
import { expect, test } from 'vitest'
import { ignoreWriteErrors } from '../../runtime/streams.ts'

test('what a peer sent before it died is read although a write to it fails', async () => {
  const script = 'printf "last words" >&3; kill -9 $$'
  const child = spawn('sh', ['-c', script], { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] })
  const channel = child.stdio[3]
  if (!(channel instanceof Duplex)) throw new Error('no channel')
  ignoreWriteErrors(channel)
  channel.on('error', () => channel.destroy())
  // Waited for without returning to the event loop: what was sent is still unread when the write fails.
  execFileSync('sh', ['-c', `until grep -q '^State:.Z' /proc/${child.pid}/status; do :; done`])
  let heard = ''
  channel.on('data', (chunk) => {
    heard += String(chunk)
  })
  channel.write('too late')
  await once(channel, 'close')
  expect(heard).toBe('last words')
})

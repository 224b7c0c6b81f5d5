import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'

// Starting a worker takes much longer on a slow processor.
test('gets an answer from the worker in time', async () => {
  const code = `
    const { parentPort } = require('node:worker_threads')
    const { pbkdf2Sync } = require('node:crypto')
    pbkdf2Sync('a', 'b', 60000, 32, 'sha256')
    parentPort.postMessage('ready')`
  const worker = new Worker(code, { eval: true })
  const late = new Promise((resolve) => setTimeout(() => resolve('late'), 400))
  const answer = await Promise.race([once(worker, 'message').then(([message]) => message), late])
  await worker.terminate()
  expect(answer).toBe('ready')
})

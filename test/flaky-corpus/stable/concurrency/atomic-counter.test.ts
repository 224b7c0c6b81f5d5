import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'

// Atomics make the increments whole.
test('counts every increment of the workers', async () => {
  const shared = new SharedArrayBuffer(4)
  const code = `
    const { workerData, parentPort } = require('node:worker_threads')
    const counter = new Int32Array(workerData)
    for (let i = 0; i < 1000; i++) Atomics.add(counter, 0, 1)
    parentPort.postMessage('done')`
  const worker = new Worker(code, { eval: true, workerData: shared, resourceLimits: { maxOldGenerationSizeMb: 8 } })
  await once(worker, 'message')
  await worker.terminate()
  expect(new Int32Array(shared)[0]).toBe(1000)
}, 60_000)

import { expect, test } from 'vitest'

// Three attempts are not always enough for a server that needs a while.
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('connects in the end', async () => {
  const readyAt = performance.now() + Math.random() * 45
  const connect = () => {
    if (performance.now() < readyAt) throw new Error('not ready')
    return 'connected'
  }
  let state = 'disconnected'
  for (let attempt = 0; attempt < 3 && state !== 'connected'; attempt++) {
    try {
      state = connect()
    } catch {
      await sleep(10)
    }
  }
  expect(state).toBe('connected')
})
